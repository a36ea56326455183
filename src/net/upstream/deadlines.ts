import { systemClock } from '#lib/clock.ts'

/** What ends by itself, or is ended when its time is over. */
export interface Timed {
  /** Its time is over. */
  timeOut(): void
}

/**
 * The least wait between two looks at what is over, in milliseconds: when many times are over one after another, looking costs
 * little, and nobody waits much longer.
 */
const LEAST_WAIT_MS = 10

/** A timer comes so much too early at most. */
const TIMER_MS = 1

/** What is under way and has until when, with one timer for all: most of it ends long before its time. */
export class Deadlines<T extends Timed> {
  readonly #endsAtMs = new Map<T, number>()
  #timer: NodeJS.Timeout | null = null
  #looksAtMs = Infinity

  /** How much is under way. */
  get size(): number {
    return this.#endsAtMs.size
  }

  add(item: T, timeoutMs: number): void {
    const endsAtMs = systemClock.nowMs() + timeoutMs
    this.#endsAtMs.set(item, endsAtMs)
    if (endsAtMs < this.#looksAtMs) this.#lookAt(endsAtMs, timeoutMs)
    else if (this.size === 1) this.#timer!.ref()
  }

  /** To be told of everything that ends. */
  delete(item: T): void {
    // The timer goes on, which is cheaper than to set it anew, but keeps the process alive for nothing.
    if (this.#endsAtMs.delete(item) && this.size === 0) this.#timer!.unref()
  }

  /** Milliseconds until the time of something under way is over; less than 0 afterwards. */
  leftMs(item: T): number {
    return (this.#endsAtMs.get(item) ?? 0) - systemClock.nowMs()
  }

  /** All that is under way. */
  items(): T[] {
    return [...this.#endsAtMs.keys()]
  }

  #lookAt(atMs: number, waitMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#looksAtMs = atMs
    this.#timer = setTimeout(() => this.#look(), Math.ceil(waitMs))
  }

  #look(): void {
    this.#looksAtMs = Infinity
    const nowMs = systemClock.nowMs()
    const over: T[] = []
    let nextMs = Infinity
    for (const [item, endsAtMs] of this.#endsAtMs) {
      if (endsAtMs <= nowMs + TIMER_MS) over.push(item)
      else nextMs = Math.min(nextMs, endsAtMs)
    }
    if (nextMs < Infinity) {
      const waitMs = Math.max(LEAST_WAIT_MS, nextMs - nowMs)
      this.#lookAt(nowMs + waitMs, waitMs)
    }
    for (const item of over) item.timeOut()
  }
}
