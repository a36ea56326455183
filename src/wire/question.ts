import { HEADER_OCTETS, MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from '#wire/constants.ts'
import { WireFailure } from '#wire/failure.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { ROOT } from '#wire/name.ts'

const POINTER_BITS = 0xc0
/** Most pointers that one name can need: one before each of its labels. */
const MAX_POINTERS = 127

/**
 * Reads the name of a question in one pass over it, and keeps what it read until the next `read`. Made once for each thread.
 */
export class NameReader {
  readonly #asSent = Buffer.alloc(MAX_NAME_OCTETS)
  readonly #lowered = Buffer.alloc(MAX_NAME_OCTETS)
  #name: Name = ROOT
  #folded: FoldedName = ROOT

  /** The name last read, in the sender's letter case. */
  get name(): Name {
    return this.#name
  }

  /** The same name folded; the same string when there was nothing to fold. */
  get folded(): FoldedName {
    return this.#folded
  }

  /**
   * Reads the name at `at` of `octets`, in a message that goes from `start` to `end`. Returns the offset after it, or a
   * {@link WireFailure} with a minus sign and leaves `name` and `folded` as they were.
   */
  read(octets: Uint8Array, start: number, at: number, end: number): number {
    const asSent = this.#asSent
    const lowered = this.#lowered
    let length = 0
    let hasUpper = 0
    let after = -1
    let lowest = at
    let pointers = 0
    for (;;) {
      if (at >= end) return -WireFailure.SHORT
      const octet = octets[at]!
      if (octet === 0) break
      if (octet <= MAX_LABEL_OCTETS) {
        const labelEnd = at + 1 + octet
        if (labelEnd > end) return -WireFailure.SHORT
        if (length + 1 + octet >= MAX_NAME_OCTETS) return -WireFailure.NAME_TOO_LONG
        asSent[length] = octet
        lowered[length++] = octet
        for (let i = at + 1; i < labelEnd; i++) {
          const char = octets[i]!
          const upper = (char - 0x41) >>> 0 < 26 ? 0x20 : 0
          hasUpper |= upper
          asSent[length] = char
          lowered[length++] = char | upper
        }
        at = labelEnd
      } else if (octet >= POINTER_BITS) {
        if (at + 2 > end) return -WireFailure.SHORT
        const target = start + (((octet & 0x3f) << 8) | octets[at + 1]!)
        if (after < 0) after = at + 2
        // Strictly backward, so that the walk ends.
        if (target >= lowest || target < start + HEADER_OCTETS) return -WireFailure.POINTER
        if (++pointers > MAX_POINTERS) return -WireFailure.TOO_MANY_POINTERS
        lowest = target
        at = target
      } else {
        return -WireFailure.LABEL_TYPE
      }
    }
    asSent[length] = 0
    lowered[length++] = 0
    this.#name = asSent.toString('latin1', 0, length) as Name
    this.#folded = (hasUpper === 0 ? this.#name : lowered.toString('latin1', 0, length)) as FoldedName
    return after < 0 ? at + 1 : after
  }
}

/**
 * The offset after the name at `at`, without looking where a pointer leads; a {@link WireFailure} with a minus sign when
 * the name does not end before `end`.
 */
export function skipName(octets: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + MAX_NAME_OCTETS)
  while (at < limit) {
    const octet = octets[at]!
    if (octet === 0) return at + 1
    if (octet >= POINTER_BITS) return at + 2 <= end ? at + 2 : -WireFailure.SHORT
    if (octet > MAX_LABEL_OCTETS) return -WireFailure.LABEL_TYPE
    at += 1 + octet
  }
  return limit < end ? -WireFailure.NAME_TOO_LONG : -WireFailure.SHORT
}
