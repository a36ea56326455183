/** Milliseconds that are looked at together. */
const SPAN_MS = 50

/** Waits in a span that make a load, and a high one: 1,000 and 5,000 a second. A server that is asked more than it can answer waits less often. */
const WAITS = 50
const HIGH_WAITS = 250

/** Says whether messages have been coming fast for so long that the next is not far, which the end of a burst is no sign of. */
export class SteadyLoad {
  /** Whether there was one in the last span, and whether that was high. */
  isThere = false
  isHigh = false
  #waits = 0
  #endMs = 0

  /** Counts a wait for messages that begins at `nowMs`. */
  count(nowMs: number): void {
    this.#waits++
    if (nowMs < this.#endMs) return
    // A span that ended long ago is one in which there was nothing to wait for.
    const waits = nowMs < this.#endMs + SPAN_MS ? this.#waits : 0
    this.isThere = waits >= WAITS
    this.isHigh = waits >= HIGH_WAITS
    this.#waits = 0
    this.#endMs = nowMs + SPAN_MS
  }

  /** Says that it is `nowMs`: a load of which no wait was counted for a whole span is over. */
  lapse(nowMs: number): void {
    if (nowMs < this.#endMs + SPAN_MS) return
    this.isThere = false
    this.isHigh = false
  }
}
