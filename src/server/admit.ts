import { Flag, HEADER_OCTETS, Opcode } from '#wire/constants.ts'

/** What becomes of a message, decided on its header alone. */
export const Verdict = {
  /** It is read on. */
  ACCEPT: 0,
  /** No reply is sent: a reply to it would loop or amplify. */
  DROP: 1,
  /** A header with FORMERR goes back. */
  FORMAT_ERROR: 2,
  /** A header with NOTIMP goes back. */
  NOT_IMPLEMENTED: 3,
} as const
/** One of the numbers of {@link Verdict}. */
export type Verdict = (typeof Verdict)[keyof typeof Verdict]

/**
 * Admits a message by its 12-octet header, the same for every transport; nothing is parsed before it. The rules are
 * CoreDNS's: replies and fragments are dropped, only QUERY and NOTIFY are served, and the sections may hold one question
 * and at most one answer (NOTIFY's SOA), one authority (IXFR's SOA) and two additional records (OPT and TSIG).
 */
export function admit(octets: Uint8Array, start: number, end: number): Verdict {
  if (end - start < HEADER_OCTETS) return Verdict.DROP
  const flags = (octets[start + 2]! << 8) | octets[start + 3]!
  if ((flags & Flag.QR) !== 0) return Verdict.DROP
  const opcode = (flags >> 11) & 15
  if (opcode !== Opcode.QUERY && opcode !== Opcode.NOTIFY) return Verdict.NOT_IMPLEMENTED
  const countsFit =
    octets[start + 4] === 0 &&
    octets[start + 5] === 1 &&
    octets[start + 6] === 0 &&
    octets[start + 7]! <= 1 &&
    octets[start + 8] === 0 &&
    octets[start + 9]! <= 1 &&
    octets[start + 10] === 0 &&
    octets[start + 11]! <= 2
  return countsFit ? Verdict.ACCEPT : Verdict.FORMAT_ERROR
}
