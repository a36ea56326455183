/** Milliseconds that are looked at together. */
const SPAN_MS = 50

/** Waits in a span that make a load, and a high one: 1,000 and 5,000 a second. A server that is asked more than it can answer waits less often. */
const WAITS = 50
const HIGH_WAITS = 250

/**
 * Messages in two spans of which a thread that shares a processor with those who ask can answer few more: 45,000 a second. In one span
 * alone it may have caught up with what came before.
 */
const FULL_MESSAGES = 4500

/** Says whether messages have been coming fast for so long that the next is not far, which the end of a burst is no sign of. */
export class SteadyLoad {
  /** Whether there was one in the last span, and whether that was high. */
  isThere = false
  isHigh = false
  /** Whether nearly as many messages came as a thread can answer; such a load is high however seldom there was a wait. */
  isFull = false
  #waits = 0
  #messages = 0
  /** Messages in the last span. */
  #came = 0
  #endMs = 0

  /** Counts a wait that begins at `nowMs`, when there have been so many `messages` in all, modulo 2^32. */
  count(nowMs: number, messages: number): void {
    this.#waits++
    if (nowMs < this.#endMs) return
    // A span that ended long ago is one in which there was nothing to wait for.
    const waits = nowMs < this.#endMs + SPAN_MS ? this.#waits : 0
    const came = waits > 0 ? (messages - this.#messages) | 0 : 0
    this.isFull = waits > 0 && this.#came + came >= FULL_MESSAGES
    this.isThere = waits >= WAITS || this.isFull
    this.isHigh = waits >= HIGH_WAITS || this.isFull
    this.#waits = 0
    this.#messages = messages
    this.#came = came
    this.#endMs = nowMs + SPAN_MS
  }

  /** Says that it is `nowMs`: a load of which no wait was counted for a whole span is over. */
  lapse(nowMs: number): void {
    if (nowMs < this.#endMs + SPAN_MS) return
    this.isThere = false
    this.isHigh = false
    this.isFull = false
    this.#came = 0
  }
}
