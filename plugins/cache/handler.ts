import type { Clock } from '#lib/clock.ts'
import type { AnswerCache } from '#plugin/capability.ts'
import type { Epochs } from '#plugin/epochs.ts'
import type { Answer, Handler } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import { ResponseKind, responseKind } from '#plugin/response-kind.ts'
import type { Reuse } from '#plugin/reuse.ts'
import { matchZone } from '#plugin/zones.ts'
import { Entry } from '#plugins/cache/entry.ts'
import { cacheKey } from '#plugins/cache/key.ts'
import { hasTtl, lifetimeSeconds } from '#plugins/cache/lifetime.ts'
import type { CacheMetrics, CacheSlots } from '#plugins/cache/metrics.ts'
import type { CacheOptions } from '#plugins/cache/options.ts'
import { Verdict, verdictOn } from '#plugins/cache/storable.ts'
import { Store } from '#plugins/cache/store.ts'
import { Flag, Opcode, Type } from '#wire/constants.ts'
import type { FoldedName } from '#wire/name.ts'
import { ROOT } from '#wire/name.ts'

/** Answers from stored replies, and stores what the rest of the chain answers. */
export class Cache implements AnswerCache {
  readonly #options: CacheOptions
  readonly #coversAll: boolean
  readonly #next: Handler
  readonly #clock: Clock
  readonly #metrics: CacheMetrics
  readonly #success: Store
  readonly #denial: Store

  constructor(options: CacheOptions, next: Handler, clock: Clock, metrics: CacheMetrics, epochs: Epochs) {
    this.#options = options
    this.#coversAll = options.zones.includes(ROOT)
    this.#next = next
    this.#clock = clock
    this.#metrics = metrics
    this.#success = new Store(options.success.capacity, epochs)
    this.#denial = new Store(options.denial.capacity, epochs)
  }

  answer(query: Query): Answer {
    if (!this.#covers(query)) return this.#next(query)
    const slots = this.#metrics.of(query.server)
    slots.requests.inc()
    const key = cacheKey(query)
    const hit = this.#lookUp(key, query, slots)
    if (hit !== null) return hit
    slots.misses.inc()
    const answer = this.#next(query)
    return answer instanceof Promise
      ? answer.then(reply => this.#keep(withoutReuse(reply), query, key, slots))
      : this.#keep(answer, query, key, slots)
  }

  get isEmpty(): boolean {
    return this.#success.isEmpty && this.#denial.isEmpty
  }

  track(zones: readonly FoldedName[]): void {
    this.#success.track(zones)
    this.#denial.track(zones)
  }

  drop(name: FoldedName): void {
    this.#success.drop(name)
    this.#denial.drop(name)
  }

  dropBelow(name: FoldedName, isMeant?: (below: FoldedName) => boolean): void {
    this.#success.dropBelow(name, isMeant)
    this.#denial.dropBelow(name, isMeant)
  }

  /** Brings the gauges up to date. */
  collect(): void {
    this.#metrics.setEntries(this.#success.size, this.#denial.size)
  }

  #covers(query: Query): boolean {
    if (query.type === Type.AXFR || query.type === Type.IXFR || query.opcode !== Opcode.QUERY) return false
    return this.#coversAll || matchZone(this.#options.zones, query.folded) !== null
  }

  /** A denial outweighs an answer, but a server failure does not: it must not hide data that is still good. */
  #lookUp(key: string, query: Query, slots: CacheSlots): Reply | null {
    const nowMs = this.#clock.nowMs()
    const denial = this.#denial.get(key)
    const denialSeconds = denial === undefined ? 0 : denial.life.remainingSeconds(nowMs)
    if (denialSeconds <= 0 || denial!.isServerFailure) {
      const success = this.#success.get(key)
      const successSeconds = success === undefined ? 0 : success.life.remainingSeconds(nowMs)
      if (successSeconds > 0) {
        slots.successHits.inc()
        return success!.serve(
          query,
          this.#options.keepTtl ? success!.life.ttlSeconds : successSeconds,
          slots.successCounters,
        )
      }
      if (denialSeconds <= 0) return null
    }
    slots.denialHits.inc()
    return denial!.serve(query, this.#options.keepTtl ? denial!.life.ttlSeconds : denialSeconds, slots.denialCounters)
  }

  /** Stores a reply if it may be stored, and gives it the one time to live that later hits count down from. */
  #keep(reply: Reply, query: Query, key: string, slots: CacheSlots): Reply {
    if (reply.delivery === Delivery.DROPPED) return reply
    const kind = responseKind(query, reply)
    const isDenial = kind === ResponseKind.NO_DATA || kind === ResponseKind.NAME_ERROR
    const isFailure = kind === ResponseKind.SERVER_FAILURE
    const options = isDenial || isFailure ? this.#options.denial : this.#options.success
    const ttlSeconds = isFailure ? this.#options.servfailTtlSeconds : lifetimeSeconds(reply, isDenial, options)
    const verdict = verdictOn(query, reply, kind, Math.floor(this.#clock.wallMs() / 1000))
    if (verdict === Verdict.MISMATCH) slots.drops.inc()
    if (verdict !== Verdict.STORE || ttlSeconds <= 0) return trimmed(reply, query, ttlSeconds, null)
    if (matchZone(options.disabledZones, query.folded) !== null) {
      return trimmed(reply, query, ttlSeconds, reply.reuse === null ? null : slots.passing(reply.reuse))
    }
    const entry = this.#store(reply, query, key, ttlSeconds, isDenial || isFailure, slots)
    if (!isDenial && !isFailure) this.#denial.forgetEvicted(key)
    else if (isDenial) this.#success.forgetEvicted(key)
    const counters = isDenial || isFailure ? slots.denialCounters : slots.successCounters
    return trimmed(reply, query, ttlSeconds, entry.reuseOfFirst(query, flagsOfFirst(reply, query), counters))
  }

  /** What has not changed since it was stored, as most has not, keeps its entry: that makes no garbage and no work for its index. */
  #store(reply: Reply, query: Query, key: string, ttlSeconds: number, isDenied: boolean, slots: CacheSlots): Entry {
    const store = isDenied ? this.#denial : this.#success
    const nowMs = this.#clock.nowMs()
    const known = store.peek(key)
    if (known?.renew(reply, query, ttlSeconds, nowMs)) return known
    const entry = new Entry(reply, query.name, query.folded, ttlSeconds, nowMs, !this.#options.keepTtl)
    if (entry.countsDown) entry.life.offerRenewal(slots.renewalBy(reply.author))
    const evictions = isDenied ? slots.denialEvictions : slots.successEvictions
    evictions.inc(store.set(key, entry))
    return entry
  }
}

/** What was waited for may be made of data that has changed since: nobody can tell any more how long it is good. */
function withoutReuse(reply: Reply): Reply {
  return reply.reuse === null ? reply : reply.with({ reuse: null })
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
