/** Limits how often something is done: `burst` times at once, then `perSecond` times a second. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #atMs = Number.NEGATIVE_INFINITY

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
  }

  /** Takes a turn at a moment of the monotonic clock; returns how many milliseconds to wait for it. */
  take(nowMs: number): number {
    const elapsedMs = nowMs - this.#atMs
    this.#atMs = nowMs
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsedMs * this.#perSecond) / 1000) - 1
    return this.#tokens >= 0 ? 0 : (-this.#tokens * 1000) / this.#perSecond
  }
}
