import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Rcode, Type } from '#wire/constants.ts'
import type { FoldedName } from '#wire/name.ts'
import { foldName, nameFromOctets } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** What a reply says about its question (RFC 2308 section 2). */
export const ResponseKind = {
  /** Records of the type asked for, at the name or at the end of its CNAME chain; also a NOERROR with nothing at all. */
  ANSWER: 0,
  /** The name, or the end of its CNAME chain, has no such records, and a SOA says so. */
  NO_DATA: 1,
  /** The name does not exist, and a SOA says so. */
  NAME_ERROR: 2,
  /** No answer but name servers to ask. */
  REFERRAL: 3,
  /** SERVFAIL or NOTIMP. */
  SERVER_FAILURE: 4,
  /** Anything else: another response code, a denial without SOA, an answer that does not lead to the type asked for. */
  OTHER: 5,
} as const
export type ResponseKind = (typeof ResponseKind)[keyof typeof ResponseKind]

/** Longest CNAME chain that is followed, so that a hostile reply costs bounded work. */
const MAX_CHAIN_STEPS = 16

/** Sorts a reply into the kinds of RFC 2308. */
export function responseKind(query: Query, reply: Reply): ResponseKind {
  switch (reply.rcode) {
    case Rcode.NOERROR:
      if (reply.answer.length === 0) return emptyKind(reply.authority)
      if (reachesType(query, reply.answer)) return ResponseKind.ANSWER
      return hasType(reply.authority, Type.SOA) ? ResponseKind.NO_DATA : ResponseKind.OTHER
    case Rcode.NXDOMAIN:
      return reply.answer.length === 0 && hasType(reply.authority, Type.SOA)
        ? ResponseKind.NAME_ERROR
        : ResponseKind.OTHER
    case Rcode.SERVFAIL:
    case Rcode.NOTIMP:
      return ResponseKind.SERVER_FAILURE
    default:
      return ResponseKind.OTHER
  }
}

function emptyKind(authority: readonly ResourceRecord[]): ResponseKind {
  if (hasType(authority, Type.SOA)) return ResponseKind.NO_DATA
  return hasType(authority, Type.NS) ? ResponseKind.REFERRAL : ResponseKind.ANSWER
}

function hasType(records: readonly ResourceRecord[], type: number): boolean {
  for (const record of records) if (record.type === type) return true
  return false
}

/** Whether the answer leads from the question's name, through at most one CNAME at each step, to the type asked for. */
function reachesType(query: Query, answer: readonly ResourceRecord[]): boolean {
  const first = answer[0]!
  if (first.owner === query.name && first.type === query.type) return true
  const owners = answer.map(record => foldName(record.owner))
  let current: FoldedName = query.folded
  for (let step = 0; step <= MAX_CHAIN_STEPS; step++) {
    let target: FoldedName | null = null
    let ambiguous = false
    for (let i = 0; i < answer.length; i++) {
      if (owners[i] !== current) continue
      const record = answer[i]!
      if (record.type === query.type || query.type === Type.ANY) return true
      if (record.type !== Type.CNAME) continue
      const named = foldName(nameFromOctets(record.rdata))
      ambiguous ||= target !== null && target !== named
      target = named
    }
    if (target === null || ambiguous) return false
    current = target
  }
  return false
}
