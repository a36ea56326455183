/** Counts replies under way, so that closing can wait for them. */
export class UnderWay {
  #count = 0
  #idle: (() => void) | null = null

  get count(): number {
    return this.#count
  }

  begin(): void {
    this.#count++
  }

  end(): void {
    this.#count--
    if (this.#count === 0) this.#idle?.()
  }

  /** Resolves when nothing is under way any more, at the latest after `graceMs` milliseconds. */
  async settle(graceMs: number): Promise<void> {
    if (this.#count === 0 || graceMs <= 0) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, graceMs)
      this.#idle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#idle = null
  }
}
