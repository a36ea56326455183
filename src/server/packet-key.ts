import { HEADER_OCTETS } from '#wire/constants.ts'

/**
 * A hash of everything after the ID in which letters of either case count the same. One message has another hash on a stream
 * than it has not: every step can be undone, so what differs at first differs in the end.
 */
export function hashOf(message: DataView, start: number, end: number, isStream: boolean): number {
  let hash = message.getUint16(start + 2) ^ ((end - start) << 16)
  if (isStream) hash = ~hash
  hash = Math.imul(hash ^ message.getUint8(start + 11), 0x9e3779b1)
  let at = start + HEADER_OCTETS
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ (message.getInt32(at, true) | 0x20202020), 0x85ebca6b)
    hash ^= hash >>> 13
  }
  for (; at < end; at++) hash = Math.imul(hash ^ (message.getUint8(at) | 0x20), 0xc2b2ae35)
  return hash ^ (hash >>> 15)
}

/**
 * Folds the name of the query in `octets` from `start` on, `length` octets of it, up to its first zero octet, and returns how
 * far from the start that is. That is the name's end unless a label holds a zero octet; what comes after such a one is then
 * compared as it is, which is merely stricter. Length octets are below 'A'.
 */
export function fold(octets: Uint8Array, start: number, length: number): number {
  let at = HEADER_OCTETS
  for (; at < length && octets[start + at] !== 0; at++) {
    const octet = octets[start + at]!
    if (octet >= 0x41 && octet <= 0x5a) octets[start + at] = octet + 0x20
  }
  return at
}
