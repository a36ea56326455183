import type { Clock } from '#lib/clock.ts'
import { formatDuration } from '#lib/duration.ts'
import type { Logger } from '#plugin/log.ts'

/** Lines about one resource are at least this far apart. */
const MIN_INTERVAL_MS = 30_000
/** A failure that goes on in the same words is told again after this. */
const REPEAT_MS = 300_000

/** Tells of failures to follow one resource, in few lines however many failures there are. */
export class FailureLog {
  readonly #resource: string
  readonly #log: Logger
  readonly #clock: Clock
  #lastText = ''
  #lastAtMs = Number.NEGATIVE_INFINITY
  #untold = 0
  #brokenSinceMs = -1
  #isTold = false

  constructor(resource: string, log: Logger, clock: Clock) {
    this.#resource = resource
    this.#log = log
    this.#clock = clock
  }

  failed(text: string): void {
    const nowMs = this.#clock.nowMs()
    if (this.#brokenSinceMs < 0) this.#brokenSinceMs = nowMs
    const intervalMs = text === this.#lastText ? REPEAT_MS : MIN_INTERVAL_MS
    if (nowMs - this.#lastAtMs < intervalMs) {
      this.#untold++
      return
    }
    const untold = this.#untold === 0 ? '' : ` (and ${this.#untold} more failures since the last line about it)`
    this.#log.error(`cannot follow ${this.#resource}: ${text}${untold}`)
    this.#lastText = text
    this.#lastAtMs = nowMs
    this.#untold = 0
    this.#isTold = true
  }

  /** Says that all is well again; that is told only if the failure was. */
  recovered(): void {
    if (this.#brokenSinceMs < 0) return
    const forMs = this.#clock.nowMs() - this.#brokenSinceMs
    this.#brokenSinceMs = -1
    if (!this.#isTold) return
    this.#isTold = false
    this.#lastText = ''
    this.#log.info(`following ${this.#resource} again after ${formatDuration(Math.round(forMs / 1000) * 1000)}`)
  }
}
