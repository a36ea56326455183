import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import { Opcode, Rcode, Type } from '#wire/constants.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** The three kinds of reply that the log plugin tells apart. */
export const REPLY_CLASSES = ['success', 'denial', 'error'] as const
/** One of {@link REPLY_CLASSES}. */
export type ReplyClass = (typeof REPLY_CLASSES)[number]

/**
 * `success` is an answer or a referral, `denial` says that a name or type does not exist (RFC 2308 section 2), `error` is
 * everything else: failures, zone transfers, NOTIFY and UPDATE, and replies that were never sent.
 */
export function classOf(query: Query, reply: Reply): ReplyClass {
  if (reply.delivery === Delivery.DROPPED) return 'error'
  if (query.opcode === Opcode.NOTIFY || query.opcode === Opcode.UPDATE) return 'error'
  if (query.type === Type.AXFR || query.type === Type.IXFR) return 'error'
  if (reply.rcode === Rcode.NXDOMAIN) return reply.answer.length === 0 ? 'denial' : 'error'
  if (reply.rcode !== Rcode.NOERROR) return 'error'
  return reply.answer.length === 0 && reply.authority.some(isSoa) ? 'denial' : 'success'
}

function isSoa(record: ResourceRecord): boolean {
  return record.type === Type.SOA
}
