import type { PrefetchOptions } from '#plugins/cache/refresh-options.ts'

/** Within this time a query that was answered from a packet is not told of: only the first of each second is. */
const UNTOLD_MS = 1000

/** How often a reply is asked for, and with that whether it is worth asking for anew before it is over. */
export class Popularity {
  readonly #options: PrefetchOptions
  #hits = 0
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(options: PrefetchOptions) {
    this.#options = options
  }

  /** Counts a query, in monotonic milliseconds; after a gap longer than the window it is the first one. */
  note(nowMs: number): void {
    this.#hits = nowMs - this.#lastMs > this.#options.windowMs ? 1 : this.#hits + 1
    this.#lastMs = nowMs
  }

  /**
   * Notes that a query was answered from a packet, the first of them in its second; says whether it is still so often that the
   * others need not be counted.
   */
  noteRepeat(nowMs: number): boolean {
    if (nowMs - this.#lastMs > this.#options.windowMs + UNTOLD_MS) this.#hits = 0
    this.#lastMs = nowMs
    return this.isEnough
  }

  /** Begins to count anew. */
  reset(): void {
    this.#hits = 0
    this.#lastMs = Number.NEGATIVE_INFINITY
  }

  /** Whether there were queries enough. */
  get isEnough(): boolean {
    return this.#hits >= this.#options.amount
  }

  /** Whether so little is left of a life, in seconds, that the reply is to be asked for anew. */
  isLate(remainingSeconds: number, ttlSeconds: number): boolean {
    return remainingSeconds <= Math.ceil((this.#options.percentage / 100) * ttlSeconds)
  }
}
