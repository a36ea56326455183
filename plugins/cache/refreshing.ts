/** Whether something stored is being asked for anew, and when it may be tried again. */
export class Refreshing {
  #isUnderWay = false
  #notBeforeMs = Number.NEGATIVE_INFINITY

  /** Says that it begins, at a moment of the monotonic clock; false if it must not now. */
  begin(nowMs: number): boolean {
    if (this.#isUnderWay || nowMs < this.#notBeforeMs) return false
    this.#isUnderWay = true
    return true
  }

  /** Says that it is over; it begins again from `notBeforeMs` on. */
  end(notBeforeMs: number): void {
    this.#isUnderWay = false
    this.#notBeforeMs = notBeforeMs
  }
}
