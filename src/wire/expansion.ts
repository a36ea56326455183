import { HEADER_OCTETS, MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from '#wire/constants.ts'
import { WireFailure } from '#wire/failure.ts'

const POINTER_BITS = 0xc0
/** Octets of names that a message may expand to: each of its own so many times, and some more for short messages. */
const EXPANSION_FACTOR = 8
const EXPANSION_BASE_OCTETS = 4096
/** Pointers that may be followed beyond one for each octet of the message. */
const POINTERS_BASE = 128

/**
 * Writes the names of one message out in full, with a budget for the whole message: its octets may point to the same
 * long name thousands of times, and the work must stay in proportion to its size.
 */
export class NameExpander {
  /** The name last read, uncompressed; `length` octets of it count. */
  readonly name: Buffer = Buffer.alloc(MAX_NAME_OCTETS)
  #length = 0
  #octets: Uint8Array = new Uint8Array(0)
  #pointersLeft = 0
  #octetsLeft = 0
  #target = -1

  /** Takes a new message, which is all of `octets`. */
  reset(octets: Uint8Array): void {
    this.#octets = octets
    this.#pointersLeft = octets.length + POINTERS_BASE
    this.#octetsLeft = EXPANSION_FACTOR * octets.length + EXPANSION_BASE_OCTETS
  }

  /** Octets of the name last read. */
  get length(): number {
    return this.#length
  }

  /** Where the name last read points to when it is nothing but a pointer, else -1. */
  get target(): number {
    return this.#target
  }

  /**
   * Reads the name at `start`, whose part there ends before `end`. Returns the offset after that part, or a
   * {@link WireFailure} with a minus sign.
   */
  read(start: number, end: number): number {
    const octets = this.#octets
    const name = this.name
    let at = start
    let limit = end
    let after = -1
    let length = 0
    this.#target = -1
    for (;;) {
      if (at >= limit) return -WireFailure.SHORT
      const octet = octets[at]!
      if (octet === 0) break
      if (octet <= MAX_LABEL_OCTETS) {
        const labelEnd = at + 1 + octet
        if (labelEnd > limit) return -WireFailure.SHORT
        if (length + 1 + octet >= MAX_NAME_OCTETS) return -WireFailure.NAME_TOO_LONG
        while (at < labelEnd) name[length++] = octets[at++]!
      } else if (octet >= POINTER_BITS) {
        if (at + 2 > limit) return -WireFailure.SHORT
        const target = ((octet & 0x3f) << 8) | octets[at + 1]!
        if (after < 0) after = at + 2
        if (at === start) this.#target = target
        // Strictly backward from where this part of the name begins, so that the walk ends.
        if (target >= start || target < HEADER_OCTETS) return -WireFailure.POINTER
        if (--this.#pointersLeft < 0) return -WireFailure.TOO_MANY_POINTERS
        start = target
        at = target
        limit = octets.length
      } else {
        return -WireFailure.LABEL_TYPE
      }
    }
    name[length++] = 0
    this.#octetsLeft -= length
    if (this.#octetsLeft < 0) return -WireFailure.EXPANSION
    this.#length = length
    return after < 0 ? at + 1 : after
  }
}
