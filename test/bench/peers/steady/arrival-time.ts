import { SOL_SOCKET } from '#net/batch/linux.ts'

/**
 * The socket option by which the kernel tells when each message arrived, and the type of the control message in which it
 * does (asm-generic/socket.h, for 64-bit systems).
 */
export const SO_TIMESTAMPNS = 35

/** Words of a `cmsghdr`: its length with the header in 8 octets, level and type in 4 each. */
const HEADER_WORDS = 4
const LEVEL = 2
const TYPE = 3
/** Words of the `struct timespec` that follows. */
const TIME_WORDS = 4

/**
 * The word at which the time of arrival begins in the control messages of a message, `octets` long from word `at`; -1 when
 * the kernel told none.
 */
export function arrivalTimeAt(words: Uint32Array, at: number, octets: number): number {
  const end = at + (octets >> 2)
  while (at + HEADER_WORDS <= end) {
    const length = words[at]!
    if (length < HEADER_WORDS * 4) return -1
    const isTime = words[at + LEVEL] === SOL_SOCKET && words[at + TYPE] === SO_TIMESTAMPNS
    if (isTime) return at + HEADER_WORDS + TIME_WORDS <= end ? at + HEADER_WORDS : -1
    at += ((length + 7) >> 3) << 1 // They begin at multiples of 8 octets.
  }
  return -1
}
