import type { CLibrary } from '#net/batch/c-library.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'
import { queryOctets } from '#test/support/client.ts'

/** Questions in octets, ready to be sent: RD set, without EDNS, as dnsperf sends them. */
export class Questions {
  readonly count: number
  readonly #memory: NativeMemory
  readonly #octets: Uint8Array
  readonly #starts: Uint32Array
  readonly #addresses: readonly bigint[]
  readonly #lengths: readonly bigint[]

  /** `text` has name and type of a question in each line. */
  constructor(c: CLibrary, text: string) {
    const lines = text.split('\n').filter(line => line !== '')
    const encoded = lines.map(line => {
      const [name, type] = line.split(' ') as [string, string]
      return queryOctets(name, type, { edns: false }, 0)
    })
    this.count = encoded.length
    this.#starts = new Uint32Array(this.count)
    let end = 0
    for (const [index, { length }] of encoded.entries()) {
      this.#starts[index] = end
      end += length
    }
    this.#memory = new NativeMemory(c, (end + 3) & ~3)
    this.#octets = this.#memory.octets
    for (const [index, octets] of encoded.entries()) this.#octets.set(octets, this.#starts[index])
    this.#addresses = Array.from(this.#starts, start => this.#memory.address + BigInt(start))
    this.#lengths = encoded.map(({ length }) => BigInt(length))
  }

  /** Gives a question the ID that it is asked with next. */
  identify(index: number, id: number): void {
    const at = this.#starts[index]!
    this.#octets[at] = id >> 8
    this.#octets[at + 1] = id & 0xff
  }

  /** Where a question lies, for C. */
  address(index: number): bigint {
    return this.#addresses[index]!
  }

  /** Its octets, for C. */
  length(index: number): bigint {
    return this.#lengths[index]!
  }
}
