import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import { ResponseKind, responseKind } from '#plugin/response-kind.ts'
import { Flag, Rcode, Type } from '#wire/constants.ts'
import { foldName } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** What becomes of a reply. */
export const Verdict = {
  STORE: 0,
  /** It may be served, but must not be kept. */
  PASS: 1,
  /** It answers something else than the question: not kept, and counted. */
  MISMATCH: 2,
} as const
export type Verdict = (typeof Verdict)[keyof typeof Verdict]

/** Whether a reply may be kept for later queries; `wallSeconds` is the time since 1970 by the wall clock. */
export function verdictOn(query: Query, reply: Reply, kind: ResponseKind, wallSeconds: number): Verdict {
  if ((reply.flags & Flag.TC) !== 0) return Verdict.PASS
  // A lookup within the server can fail for reasons of its own, such as having come too deep.
  if (reply.delivery === Delivery.BARE && query.depth > 0) return Verdict.PASS
  if (!answersQuestion(query, reply.answer)) return Verdict.MISMATCH
  if (kind === ResponseKind.OTHER) return Verdict.PASS
  if (
    query.dnssecOk &&
    (hasStaleSignature(reply.answer, wallSeconds) || hasStaleSignature(reply.authority, wallSeconds))
  ) {
    return Verdict.PASS
  }
  return Verdict.STORE
}

/** Whether a reply says in full what there is, or that there is nothing (RFC 8767 section 4). */
export function isResolved(reply: Reply, query: Query): boolean {
  if (reply.delivery !== Delivery.WRITTEN || (reply.flags & Flag.TC) !== 0) return false
  return (reply.rcode === Rcode.NOERROR || reply.rcode === Rcode.NXDOMAIN) && answersQuestion(query, reply.answer)
}

/** Whether it has records of the type asked for. */
export function isUsableAnswer(reply: Reply, query: Query): boolean {
  return isResolved(reply, query) && reply.answer.length > 0 && responseKind(query, reply) === ResponseKind.ANSWER
}

/** Whether replies of a kind are stored with the answers; else they are with denials and failures. */
export function isSuccess(kind: ResponseKind): boolean {
  return kind === ResponseKind.ANSWER || kind === ResponseKind.REFERRAL
}

/** Whether an answer section, if there is one, says anything about the question's name. */
function answersQuestion(query: Query, answer: readonly ResourceRecord[]): boolean {
  for (const { owner } of answer) if (owner === query.name || foldName(owner) === query.folded) return true
  return answer.length === 0
}

/** Whether an RRSIG is outside its time of validity (RFC 4034 section 3.1.5: serial arithmetic on 32 bits). */
function hasStaleSignature(records: readonly ResourceRecord[], wallSeconds: number): boolean {
  for (const { type, rdata } of records) {
    if (type !== Type.RRSIG || rdata.length < 16) continue
    if (isBefore(uint32At(rdata, 8), wallSeconds) || isBefore(wallSeconds, uint32At(rdata, 12))) return true
  }
  return false
}

function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0
}

function uint32At(octets: Uint8Array, at: number): number {
  return ((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) >>> 0
}
