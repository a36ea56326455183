/** Lets a bounded number through at a time, the others wait in the order in which they came. */
export class Turnstile {
  readonly #waiting: (() => void)[] = []
  #free: number

  /** `places` of 0 is no bound. */
  constructor(places: number) {
    this.#free = places === 0 ? Number.POSITIVE_INFINITY : places
  }

  /** Resolves once there is a place, with what gives it back; calling that again does nothing. */
  async enter(): Promise<() => void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
    let isInside = true
    return () => {
      if (isInside) this.#leave()
      isInside = false
    }
  }

  #leave(): void {
    const next = this.#waiting.shift()
    // The place goes straight to the next in line.
    if (next === undefined) this.#free++
    else next()
  }
}
