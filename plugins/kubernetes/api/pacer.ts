import type { Clock } from '#lib/clock.ts'
import { systemClock } from '#lib/clock.ts'

/** Work longer than this is cut into slices, in milliseconds, so that queries are answered in between. */
const SLICE_MS = 0.05

/** How fast a list may be taken: ask `isDue` after each object, and wait for `rest` when it says so. */
export interface Pace {
  isDue(): boolean
  rest(): Promise<void>
}

/** Keeps the decoding of all resources together to a short slice of each turn of the event loop. */
export class Pacer implements Pace {
  readonly #clock: Clock
  readonly #waiting: (() => void)[] = []
  #sliceStartMs = 0
  #inSlice = false

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** Whether the present turn of the event loop has had its share. */
  isDue(): boolean {
    const nowMs = this.#clock.nowMs()
    if (this.#inSlice) return nowMs - this.#sliceStartMs >= SLICE_MS
    this.#begin(nowMs)
    return false
  }

  /** Resolves in a later turn of the event loop, of which each has one who goes on. */
  rest(): Promise<void> {
    if (!this.#inSlice) this.#begin(this.#clock.nowMs())
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  #begin(nowMs: number): void {
    this.#inSlice = true
    this.#sliceStartMs = nowMs
    setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#inSlice = false
    const resume = this.#waiting.shift()
    if (resume === undefined) return
    this.#begin(this.#clock.nowMs())
    resume()
  }
}
