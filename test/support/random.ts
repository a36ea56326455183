/** A repeatable source of random numbers for tests (xorshift32); a failure prints the seed that it came from. */
export class SeededRandom {
  readonly seed: number
  #state: number

  constructor(seed: number = Number(process.env['NODENS_SEED'] ?? Date.now() % 0x7fffffff)) {
    this.seed = seed
    this.#state = seed | 1
  }

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % limit
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }
}
