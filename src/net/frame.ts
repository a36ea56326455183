import { HEADER_OCTETS } from '#wire/constants.ts'

const NOTHING = new Uint8Array(0)
const FIRST_ASSEMBLY_OCTETS = 512

/**
 * Reads messages that each follow their length in two octets (RFC 1035 section 4.2.2) from octets that arrive in any
 * pieces. A message that lies whole in one piece is not copied; any other is put together in memory that grows with
 * what really came, whatever length was announced, and each octet is copied a bounded number of times.
 *
 *     decoder.feed(chunk)
 *     while (decoder.next()) use(decoder.octets, decoder.start, decoder.end)
 *
 * Reading may stop in the middle of a piece and go on later, as long as nothing is fed meanwhile.
 */
export class FrameDecoder {
  /** The message that `next` found lies here, from `start` to `end`, until the next call. */
  octets: Uint8Array = NOTHING
  start = 0
  end = 0
  /** A length was announced that no DNS message has (less than a header): nothing more can be read. */
  isBroken = false

  #chunk: Uint8Array = NOTHING
  #at = 0
  /** Octets of the length prefix read so far, and its value when both are. */
  #prefixOctets = 0
  #length = 0
  /** The first octets of a message of which more must come. */
  #assembly: Uint8Array = NOTHING
  #assembled = 0

  /** Whether some octets of a message are there, but not all. Meaningful when `next` has answered false. */
  get isMidMessage(): boolean {
    return this.#prefixOctets > 0
  }

  /** Octets of pieces that are kept. */
  get heldOctets(): number {
    return this.#assembly.length + this.#chunk.length
  }

  /** Takes the next octets of the stream, which must not change until they are read. */
  feed(chunk: Uint8Array): void {
    this.#chunk = chunk
    this.#at = 0
  }

  /** Finds the next message; false when all octets fed are used up, or the stream is broken. */
  next(): boolean {
    this.octets = NOTHING // An idle stream must not keep the last piece alive.
    if (this.isBroken || !this.#readPrefix()) return false
    const length = this.#length
    const available = this.#chunk.length - this.#at
    if (this.#assembled === 0 && available >= length) {
      this.#found(this.#chunk, this.#at, length)
      this.#at += length
      return true
    }
    const taken = Math.min(length - this.#assembled, available)
    this.#assemble(taken)
    if (this.#assembled < length) {
      this.#chunk = NOTHING
      this.#at = 0
      return false
    }
    this.#found(this.#assembly, 0, length)
    this.#assembly = NOTHING
    this.#assembled = 0
    return true
  }

  #readPrefix(): boolean {
    while (this.#prefixOctets < 2) {
      if (this.#at === this.#chunk.length) {
        this.#chunk = NOTHING
        this.#at = 0
        return false
      }
      this.#length = ((this.#length << 8) | this.#chunk[this.#at++]!) & 0xffff
      this.#prefixOctets++
      if (this.#prefixOctets === 2 && this.#length < HEADER_OCTETS) this.isBroken = true
    }
    return !this.isBroken
  }

  #found(octets: Uint8Array, start: number, length: number): void {
    this.octets = octets
    this.start = start
    this.end = start + length
    this.#prefixOctets = 0
  }

  #assemble(taken: number): void {
    const needed = this.#assembled + taken
    if (needed > this.#assembly.length) {
      const grown = new Uint8Array(
        Math.min(this.#length, Math.max(needed, this.#assembly.length * 2, FIRST_ASSEMBLY_OCTETS)),
      )
      grown.set(this.#assembly.subarray(0, this.#assembled))
      this.#assembly = grown
    }
    this.#assembly.set(this.#chunk.subarray(this.#at, this.#at + taken), this.#assembled)
    this.#assembled = needed
    this.#at += taken
  }
}
