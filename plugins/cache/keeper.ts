import type { Clock } from '#lib/clock.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import { ResponseKind, responseKind } from '#plugin/response-kind.ts'
import type { Reuse } from '#plugin/reuse.ts'
import { matchZone } from '#plugin/zones.ts'
import { Entry } from '#plugins/cache/entry.ts'
import { Life } from '#plugins/cache/life.ts'
import { hasTtl, lifetimeSeconds } from '#plugins/cache/lifetime.ts'
import type { CacheSlots } from '#plugins/cache/metrics.ts'
import type { CacheOptions } from '#plugins/cache/options.ts'
import { PackedReply } from '#plugins/cache/packed-reply.ts'
import { Popularity } from '#plugins/cache/popularity.ts'
import { Verdict, verdictOn } from '#plugins/cache/storable.ts'
import type { Stores } from '#plugins/cache/stores.ts'
import { Flag } from '#wire/constants.ts'

/** Stores what the rest of the chain replies. */
export class Keeper {
  readonly #options: CacheOptions
  readonly #stores: Stores
  readonly #clock: Clock

  constructor(options: CacheOptions, stores: Stores, clock: Clock) {
    this.#options = options
    this.#stores = stores
    this.#clock = clock
  }

  /**
   * Stores a reply if it may be stored, and gives it the one time to live that later hits count down from. `popularity` is that of the
   * entry whose place it takes, if it was asked for to that end.
   */
  keep(reply: Reply, query: Query, key: string, slots: CacheSlots, popularity: Popularity | null = null): Reply {
    if (reply.delivery === Delivery.DROPPED) return reply
    const kind = responseKind(query, reply)
    const isFailure = kind === ResponseKind.SERVER_FAILURE
    const isDenial = kind === ResponseKind.NO_DATA || kind === ResponseKind.NAME_ERROR
    const options = isDenial || isFailure ? this.#options.denial : this.#options.success
    const ttlSeconds = isFailure ? this.#options.servfailTtlSeconds : lifetimeSeconds(reply, isDenial, options)
    const verdict = verdictOn(query, reply, kind, Math.floor(this.#clock.wallMs() / 1000))
    if (verdict === Verdict.MISMATCH) slots.drops.inc()
    if (verdict !== Verdict.STORE || ttlSeconds <= 0) return trimmed(reply, query, ttlSeconds, null)
    if (matchZone(options.disabledZones, query.folded) !== null) {
      return trimmed(reply, query, ttlSeconds, reply.reuse === null ? null : slots.passing(reply.reuse))
    }
    const entry = this.#store(reply, query, key, kind, ttlSeconds, slots, popularity)
    // Queries for what may have to be asked for anew are counted first.
    if (entry === null || entry.popularity !== null) return trimmed(reply, query, ttlSeconds, null)
    const { counters } = slots.of(kind)
    return trimmed(reply, query, ttlSeconds, entry.reuseOfFirst(reply, query, flagsOfFirst(reply, query), counters))
  }

  /**
   * What has not changed since it was stored, as most has not, keeps its entry: that makes no work for its index, and what was made of it
   * stays good. `null` when an answer that is preferred stays, or the reply is too large for a message.
   */
  #store(
    reply: Reply,
    query: Query,
    key: string,
    kind: ResponseKind,
    ttlSeconds: number,
    slots: CacheSlots,
    popularity: Popularity | null,
  ): Entry | null {
    const packed = PackedReply.of(reply, query)
    if (packed === null) return null
    const nowMs = this.#clock.nowMs()
    const life = new Life(reply, ttlSeconds, nowMs)
    const store = this.#stores.of(kind)
    const known = store.peek(key)
    if (known?.renew(packed, life, nowMs)) {
      if (popularity === null) known.popularity?.reset()
      this.#stores.settle(key, known)
      return known
    }
    const { prefetch, keepTtl } = this.#options
    const counted = popularity ?? (prefetch === null ? null : new Popularity(prefetch))
    const entry = new Entry(packed, kind, life, !keepTtl, counted)
    if (known !== undefined && !entry.isAnswering && this.#stores.isPreferred(known, nowMs)) return null
    // Whether what is counted is still popular is for the chain to find out.
    if (entry.countsDown && counted === null) life.offerRenewal(slots.renewalBy(reply.author))
    slots.of(kind).evictions.inc(store.set(key, entry))
    this.#stores.settle(key, entry)
    return entry
  }
}

/** What was waited for may be made of data that has changed since: nobody can tell any more how long it is good. */
export function withoutReuse(reply: Reply): Reply {
  return reply.reuse === null ? reply : reply.with({ reuse: null })
}

/** A reply that was asked for with AD, for an asker who may not have. */
export function forAsker(reply: Reply, query: Query): Reply {
  const flags = flagsOfFirst(reply, query)
  return flags === reply.flags ? reply : reply.with({ flags })
}

/** AD goes only to those who ask for it (RFC 6840 section 5.7). */
function flagsOfFirst(reply: Reply, query: Query): number {
  const wantsAd = query.dnssecOk || (query.flags & Flag.AD) !== 0
  return wantsAd ? reply.flags : reply.flags & ~Flag.AD
}

/** The reply as the first asker gets it, with a uniform time to live. */
function trimmed(reply: Reply, query: Query, ttlSeconds: number, reuse: Reuse | null): Reply {
  if (reply.delivery === Delivery.BARE) return reply
  const flags = flagsOfFirst(reply, query)
  if (flags === reply.flags && reuse === reply.reuse && hasTtl(reply, ttlSeconds)) return reply
  return reply.with({ flags, uniformTtlSeconds: ttlSeconds, reuse })
}
