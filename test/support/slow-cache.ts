import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery, failure } from '#plugin/reply.ts'
import { Flag, Rcode, Type } from '#wire/constants.ts'
import { foldName } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** What the slow cache remembers of one reply. */
interface Remembered {
  readonly query: Query
  readonly reply: Reply
  readonly isDenial: boolean
  readonly ttlSeconds: number
  readonly atMs: number
}

/** Bounds of the slow cache, in seconds. */
export interface SlowCacheOptions {
  readonly success: { readonly min: number; readonly max: number }
  readonly denial: { readonly min: number; readonly max: number }
  readonly servfail: number
}

/**
 * The cache plugin as its rules read: a list that is searched from end to end, records copied each time. Without bounds on
 * its size, zones and options other than times, and without looking at signatures.
 */
export class SlowCache {
  readonly #options: SlowCacheOptions
  readonly #remembered: Remembered[] = []

  constructor(options: SlowCacheOptions) {
    this.#options = options
  }

  /** The reply to a query at a moment: a remembered one, or what `next` gives, which is remembered if it may be. */
  answer(query: Query, nowMs: number, next: () => Reply): Reply {
    const usable = this.#remembered.filter(each => sameQuestion(each.query, query) && secondsLeft(each, nowMs) > 0)
    const denial = usable.findLast(each => each.isDenial)
    const success = usable.findLast(each => !each.isDenial)
    const found = denial !== undefined && !(isFailure(denial.reply) && success !== undefined) ? denial : success
    if (found !== undefined) return asHit(found, query, secondsLeft(found, nowMs))

    const reply = next()
    const negative = isNegative(reply)
    const ttlSeconds = this.#lifetime(reply, negative)
    if (mayRemember(query, reply) && ttlSeconds > 0) {
      const isDenial = negative || isFailure(reply)
      this.#remembered.push({ query: query.copy(), reply, isDenial, ttlSeconds, atMs: nowMs })
    }
    const flags = wantsAd(query) ? reply.flags : reply.flags & ~Flag.AD
    return withTtl(reply, ttlSeconds).with({ flags })
  }

  #lifetime(reply: Reply, negative: boolean): number {
    if (isFailure(reply)) return this.#options.servfail
    const records = [...reply.answer, ...reply.authority, ...reply.additional]
    const ttls = records.map(record => record.ttlSeconds)
    if (negative) {
      for (const { type, rdata } of reply.authority) {
        if (type === Type.SOA) ttls.push(Buffer.from(rdata).readUInt32BE(rdata.length - 4))
      }
    }
    const { min, max } = negative ? this.#options.denial : this.#options.success
    return Math.min(Math.max(ttls.length === 0 ? 5 : Math.min(...ttls), min), max)
  }
}

function sameQuestion(a: Query, b: Query): boolean {
  return (
    foldName(a.name) === foldName(b.name) &&
    a.type === b.type &&
    a.class === b.class &&
    a.dnssecOk === b.dnssecOk &&
    a.checkingDisabled === b.checkingDisabled
  )
}

function secondsLeft({ ttlSeconds, atMs }: Remembered, nowMs: number): number {
  return ttlSeconds - Math.floor((nowMs - atMs) / 1000)
}

function isFailure(reply: Reply): boolean {
  return reply.rcode === Rcode.SERVFAIL || reply.rcode === Rcode.NOTIMP
}

function hasSoa(reply: Reply): boolean {
  return reply.authority.some(record => record.type === Type.SOA)
}

function isNegative(reply: Reply): boolean {
  if (!hasSoa(reply)) return false
  return reply.answer.length === 0 && (reply.rcode === Rcode.NXDOMAIN || reply.rcode === Rcode.NOERROR)
}

/** Answers here are always at the question's own name. */
function mayRemember(query: Query, reply: Reply): boolean {
  if ((reply.flags & Flag.TC) !== 0) return false
  if (isFailure(reply) || isNegative(reply)) return true
  if (reply.rcode !== Rcode.NOERROR) return false
  return reply.answer.length === 0 || reply.answer.some(record => foldName(record.owner) === query.folded)
}

function wantsAd(query: Query): boolean {
  return query.dnssecOk || (query.flags & Flag.AD) !== 0
}

function asHit({ reply, query: first }: Remembered, query: Query, ttlSeconds: number): Reply {
  if (reply.delivery === Delivery.BARE) return failure(reply.rcode)
  const rename = (records: readonly ResourceRecord[]) =>
    records.map(record => record.withOwner(record.owner === first.name ? query.name : record.owner))
  const flags = Flag.AA | (reply.flags & Flag.RA) | (wantsAd(query) ? reply.flags & Flag.AD : 0)
  return withTtl(reply, ttlSeconds).with({
    flags,
    answer: rename(withTtl(reply, ttlSeconds).answer),
    authority: rename(withTtl(reply, ttlSeconds).authority),
    additional: rename(withTtl(reply, ttlSeconds).additional),
  })
}

function withTtl(reply: Reply, ttlSeconds: number): Reply {
  const change = (records: readonly ResourceRecord[]) => records.map(record => record.withTtl(ttlSeconds))
  return reply.with({
    answer: change(reply.answer),
    authority: change(reply.authority),
    additional: change(reply.additional),
  })
}
