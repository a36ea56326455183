import type { CLibrary } from '#net/batch/c-library.ts'

/**
 * Memory that C may use: it does not move, as small typed arrays may, and it lives as long as this object. A user of C
 * that goes on between calls (a socket, a poll handle) must keep the object reachable all the while.
 */
export class NativeMemory {
  readonly octets: Uint8Array
  /** The same memory, for numbers of other sizes. */
  readonly view: DataView
  readonly words: Uint32Array
  readonly address: bigint

  /** `octets` zero octets; a multiple of 4. */
  constructor(c: CLibrary, octets: number) {
    const memory = new ArrayBuffer(octets)
    this.octets = new Uint8Array(memory)
    this.view = new DataView(memory)
    this.words = new Uint32Array(memory)
    this.address = c.addressOf(memory)
  }
}
