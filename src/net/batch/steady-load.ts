/** Milliseconds that are looked at together. */
const SPAN_MS = 50

/** Waits in a span that make a high load: 5,000 a second. */
const HIGH_WAITS = 250

/** Says whether messages have been coming fast for so long that the next is not far, which the end of a burst is no sign of. */
export class SteadyLoad {
  /** Whether they were in the last span. */
  isHigh = false
  #waits = 0
  #endMs = 0

  /** Counts a wait for messages that begins at `nowMs`. */
  count(nowMs: number): void {
    this.#waits++
    if (nowMs < this.#endMs) return
    // A span that ended long ago is one in which there was nothing to wait for.
    this.isHigh = this.#waits >= HIGH_WAITS && nowMs < this.#endMs + SPAN_MS
    this.#waits = 0
    this.#endMs = nowMs + SPAN_MS
  }
}
