/** Bounds how many sockets are open to upstreams at once, so that a silent upstream costs SERVFAILs and not the process. */
export class SocketBudget {
  readonly #limit: number
  #open = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Sockets open now. */
  get open(): number {
    return this.#open
  }

  /** Takes leave to open a socket; `false` when none is left. Each one taken is given back with `release`. */
  take(): boolean {
    if (this.#open >= this.#limit) return false
    this.#open++
    return true
  }

  release(): void {
    this.#open--
  }
}
