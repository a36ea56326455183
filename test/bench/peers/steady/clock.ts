import type { CLibrary } from '#net/batch/c-library.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'
import type { ClientFunctions } from '#test/bench/peers/steady/c-functions.ts'

const CLOCK_REALTIME = 0n
const NANOSECONDS = 1e9
/** So that all times are beyond the integers that V8 keeps otherwise than other numbers: code for both would be compiled anew midway. */
const BEFORE_SECONDS = 3600

/**
 * The clock that the kernel stamps messages with, in nanoseconds since an hour before this object was made: a number
 * that is exact, for a hundred days. Times are `struct timespec`, seconds and nanoseconds in 8 octets each, the lower half of
 * which is enough of both.
 */
export class Clock {
  readonly #readTime: ClientFunctions['clock_gettime']
  readonly #memory: NativeMemory
  readonly #words: Uint32Array
  readonly #address: bigint
  readonly #firstSecond: number
  /** A number that is no object: millions of those a second would be much garbage. */
  readonly #time = new Float64Array(1)

  constructor(c: CLibrary, { clock_gettime }: ClientFunctions) {
    this.#readTime = clock_gettime
    this.#memory = new NativeMemory(c, 16)
    this.#words = this.#memory.words
    this.#address = this.#memory.address
    clock_gettime(CLOCK_REALTIME, this.#address)
    this.#firstSecond = this.#words[0]! - BEFORE_SECONDS
    this.tick()
  }

  /** The time as it was at the last tick. */
  get time(): number {
    return this.#time[0]!
  }

  /** Reads the clock, which takes some 0.1 us. */
  tick(): void {
    this.#readTime(CLOCK_REALTIME, this.#address)
    this.#time[0] = this.at(this.#words, 0)
  }

  /** The time in a `struct timespec`, which begins at a word of some memory. */
  at(words: Uint32Array, word: number): number {
    return (words[word]! - this.#firstSecond) * NANOSECONDS + words[word + 2]!
  }
}
