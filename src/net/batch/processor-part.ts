import type { CLibrary } from '#net/batch/c-library.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'
import type { SharedSockets } from '#net/batch/shared-sockets.ts'

/** Room for a set of 8192 processors, the most that Linux can have: a bit for each. */
const SET_OCTETS = 1024
/** Stands for the calling thread. */
const SELF = 0

/**
 * Keeps this thread to a part of the processors that the process may use, while no other serving thread is kept to the same: else the
 * system puts a thread where the one runs that it has a message from, beside another serving thread even, and either waits for the
 * other.
 */
export class ProcessorPart {
  readonly #c: CLibrary
  readonly #sockets: SharedSockets
  readonly #set: NativeMemory
  /** Whether other threads serve as well, as far as is known while this one keeps to a part: only then is that less than all. */
  isOneOfSeveral = false
  /** The processors that the thread may use as a whole, while it keeps to a part of them. */
  #whole: readonly number[] | null = null
  #isKept = false
  /** How often the table of sockets had changed when the part was chosen. */
  #changes = -1

  constructor(c: CLibrary, sockets: SharedSockets) {
    this.#c = c
    this.#sockets = sockets
    this.#set = new NativeMemory(c, SET_OCTETS)
  }

  /** Has the thread keep to its part from now on, or no more. Where there are fewer processors than threads it uses them all. */
  keep(isKept: boolean): void {
    if (!isKept) this.#leave()
    else if (!this.#isKept || this.#sockets.changes !== this.#changes) this.#choose()
  }

  #choose(): void {
    this.#isKept = true
    this.#changes = this.#sockets.changes // Read first: what changes while the part is chosen is seen the next time.
    const { index, count } = this.#sockets.place()
    this.isOneOfSeveral = count > 1
    if (count < 2 && this.#whole === null) return
    this.#whole ??= this.#inUse()
    this.#use(partOf(this.#whole, index, count))
  }

  #leave(): void {
    this.#isKept = false
    this.isOneOfSeveral = false
    if (this.#whole === null) return
    this.#use(this.#whole)
    this.#whole = null
  }

  #inUse(): number[] {
    const { octets, address } = this.#set
    octets.fill(0)
    this.#c.schedGetaffinity(SELF, BigInt(SET_OCTETS), address)
    const processors: number[] = []
    for (let i = 0; i < SET_OCTETS; i++) {
      for (let bits = octets[i]!, bit = 0; bits !== 0; bits >>= 1, bit++) {
        if ((bits & 1) === 1) processors.push(i * 8 + bit)
      }
    }
    return processors
  }

  /** Where the system refuses that, all stays as it is. */
  #use(processors: readonly number[]): void {
    const { octets, address } = this.#set
    octets.fill(0)
    for (const i of processors) octets[i >> 3]! |= 1 << (i & 7)
    this.#c.schedSetaffinity(SELF, BigInt(SET_OCTETS), address)
  }
}

/** The part of one of `count` threads: as many neighbours as the others have, give or take one; all when there are not enough. */
export function partOf(processors: readonly number[], index: number, count: number): readonly number[] {
  if (index < 0 || processors.length < count) return processors
  const { length } = processors
  return processors.slice(Math.floor((index * length) / count), Math.floor(((index + 1) * length) / count))
}
