import { cArgument } from '#net/batch/c-argument.ts'
import type { CLibrary } from '#net/batch/c-library.ts'
import { POLLIN } from '#net/batch/linux.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'

/** `struct pollfd`, in 32-bit words: the descriptor, then what is asked for and, in the upper half, what there is. */
const ENTRY_WORDS = 2

/** Descriptors that are waited for together, to be read (poll(2)). */
export class PollList {
  readonly #c: CLibrary
  #entries: NativeMemory
  #count = 0n

  constructor(c: CLibrary) {
    this.#c = c
    this.#entries = new NativeMemory(c, 0)
  }

  /** Makes the list anew: `descriptors`, and `last` behind them. */
  fill(descriptors: readonly { readonly fd: number }[], last: number): void {
    const octets = (descriptors.length + 1) * ENTRY_WORDS * 4
    if (this.#entries.octets.length !== octets) this.#entries = new NativeMemory(this.#c, octets)
    this.#count = BigInt(descriptors.length + 1)
    const { words } = this.#entries
    for (let i = 0; i <= descriptors.length; i++) {
      words[i * ENTRY_WORDS] = descriptors[i]?.fd ?? last
      words[i * ENTRY_WORDS + 1] = POLLIN
    }
  }

  /** Whether one of them is ready within `timeoutMs`. */
  wait(timeoutMs: number): boolean {
    return this.#c.poll(this.#entries.address, this.#count, cArgument(timeoutMs)) > 0
  }

  /** Whether the one at `index` was ready after the last wait that found any. */
  isReady(index: number): boolean {
    return this.#entries.words[index * ENTRY_WORDS + 1]! > POLLIN
  }
}
