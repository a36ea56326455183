import type { Reply } from '#plugin/reply.ts'
import type { StoreOptions } from '#plugins/cache/store-options.ts'
import { Type } from '#wire/constants.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** What a reply without any record is taken to live, in seconds. */
const EMPTY_TTL_SECONDS = 5

/**
 * The one time to live, in seconds, that a whole reply has: the least of its records' (and, for a denial, of the SOA's
 * MINIMUM field: RFC 2308 section 5), raised to the store's minimum, then lowered to its maximum.
 */
export function lifetimeSeconds(reply: Reply, isDenial: boolean, store: StoreOptions): number {
  const own = leastTtlSeconds(reply, isDenial)
  return Math.min(Math.max(own, store.minTtlSeconds), store.maxTtlSeconds)
}

/** Whether every record leaves with this time to live already. */
export function hasTtl(reply: Reply, ttlSeconds: number): boolean {
  if (reply.uniformTtlSeconds >= 0) return reply.uniformTtlSeconds === ttlSeconds
  return (
    allHave(reply.answer, ttlSeconds) && allHave(reply.authority, ttlSeconds) && allHave(reply.additional, ttlSeconds)
  )
}

function leastTtlSeconds(reply: Reply, isDenial: boolean): number {
  if (reply.answer.length + reply.authority.length + reply.additional.length === 0) return EMPTY_TTL_SECONDS
  let least = isDenial ? soaMinimumSeconds(reply.authority) : Number.POSITIVE_INFINITY
  if (reply.uniformTtlSeconds >= 0) return Math.min(least, reply.uniformTtlSeconds)
  least = Math.min(least, leastOf(reply.answer), leastOf(reply.authority), leastOf(reply.additional))
  return least
}

function leastOf(records: readonly ResourceRecord[]): number {
  let least = Number.POSITIVE_INFINITY
  for (const record of records) least = Math.min(least, asTtlSeconds(record.ttlSeconds))
  return least
}

/** The MINIMUM field of the SOA records in an authority section: the last 32 bits of their data (RFC 1035 section 3.3.13). */
function soaMinimumSeconds(authority: readonly ResourceRecord[]): number {
  let least = Number.POSITIVE_INFINITY
  for (const { type, rdata } of authority) {
    if (type !== Type.SOA || rdata.length < 4) continue
    const end = rdata.length
    const minimum = rdata[end - 4]! * 0x1000000 + ((rdata[end - 3]! << 16) | (rdata[end - 2]! << 8) | rdata[end - 1]!)
    least = Math.min(least, asTtlSeconds(minimum))
  }
  return least
}

/** A time to live whose top bit is set counts as zero (RFC 2181 section 8). */
function asTtlSeconds(value: number): number {
  return value > 0x7fff_ffff ? 0 : value
}

function allHave(records: readonly ResourceRecord[], ttlSeconds: number): boolean {
  for (const record of records) if (record.ttlSeconds !== ttlSeconds) return false
  return true
}
