import type { SeededRandom } from '#test/support/random.ts'

/** A question that is asked later than this was held up: by the kernel, or by a collection of garbage. In nanoseconds. */
export const LATE_NS = 50_000

const CHANCES = 0x7fffffff

/**
 * When questions are to be asked: a Poisson process, as of many clients that know nothing of each other. Times are in
 * nanoseconds.
 */
export class Schedule {
  readonly #random: SeededRandom
  readonly #meanGapNs: number
  /** When the next question is due: see `Clock` for why it is kept so. */
  readonly #dueAt: Float64Array
  #late = 0

  constructor(random: SeededRandom, queriesPerSecond: number, startsAt: number) {
    this.#random = random
    this.#meanGapNs = 1e9 / queriesPerSecond
    this.#dueAt = Float64Array.of(startsAt)
  }

  /** When the next question is due. */
  get dueAt(): number {
    return this.#dueAt[0]!
  }

  /** How many questions were asked late. */
  get late(): number {
    return this.#late
  }

  /** Says that the question that was due is asked now. All others move on by what it was late, lest they leave in a burst. */
  asked(now: number): void {
    if (now - this.#dueAt[0]! > LATE_NS) {
      this.#late++
      this.#dueAt[0] = now
    }
    this.#dueAt[0]! -= Math.log((this.#random.below(CHANCES) + 1) / (CHANCES + 1)) * this.#meanGapNs
  }
}
