import type { Name } from '#wire/name.ts'

/** Puts record data together, field by field. Numbers are written in network order. */
export class OctetBuilder {
  #octets = new Uint8Array(64)
  #length = 0

  get length(): number {
    return this.#length
  }

  u8(value: number): this {
    this.#grow(1)
    this.#octets[this.#length++] = value
    return this
  }

  u16(value: number): this {
    return this.u8(value >>> 8).u8(value)
  }

  u32(value: number): this {
    return this.u16(value >>> 16).u16(value)
  }

  octets(octets: ArrayLike<number>): this {
    this.#grow(octets.length)
    this.#octets.set(octets, this.#length)
    this.#length += octets.length
    return this
  }

  /** A name, written out in full. */
  name(name: Name): this {
    return this.octets(Buffer.from(name, 'latin1'))
  }

  /** What was built, in memory of its own. */
  finish(): Uint8Array {
    return this.#octets.slice(0, this.#length)
  }

  #grow(octets: number): void {
    if (this.#length + octets <= this.#octets.length) return
    const larger = new Uint8Array(Math.max(2 * this.#octets.length, this.#length + octets))
    larger.set(this.#octets)
    this.#octets = larger
  }
}
