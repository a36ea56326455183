import { randomBelow } from '#lib/random.ts'

/** How long to wait between attempts, in milliseconds. */
export interface BackoffTimes {
  readonly firstMs: number
  readonly longestMs: number
}

/** As client-go: 0.8 s, twice as much after each failure, 30 s at most. */
export const API_BACKOFF: BackoffTimes = { firstMs: 800, longestMs: 30_000 }

/** Waits that double with each failure and are spread at random, so that many clients do not come back at once. */
export class Backoff {
  readonly #times: BackoffTimes
  #baseMs: number

  constructor(times: BackoffTimes) {
    this.#times = times
    this.#baseMs = times.firstMs
  }

  /** The wait after one more failure: from the present step to twice as much, never more than the longest. */
  next(): number {
    const baseMs = this.#baseMs
    this.#baseMs = Math.min(baseMs * 2, this.#times.longestMs)
    return Math.min(baseMs + randomBelow(Math.ceil(baseMs) + 1), this.#times.longestMs)
  }

  /** Begins again with the first step: something has worked. */
  reset(): void {
    this.#baseMs = this.#times.firstMs
  }
}
