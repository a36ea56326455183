import type { Clock } from '#lib/clock.ts'
import type { Answer, Handler } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { matchZone } from '#plugin/zones.ts'
import type { Entry } from '#plugins/cache/entry.ts'
import type { Keeper } from '#plugins/cache/keeper.ts'
import { withoutReuse } from '#plugins/cache/keeper.ts'
import { cacheKey } from '#plugins/cache/key.ts'
import type { CacheMetrics, CacheSlots } from '#plugins/cache/metrics.ts'
import type { CacheOptions } from '#plugins/cache/options.ts'
import type { Refresher, Successor } from '#plugins/cache/refresher.ts'
import { StaleAnswers } from '#plugins/cache/stale-answers.ts'
import type { Stores } from '#plugins/cache/stores.ts'
import { Flag, Opcode, Type } from '#wire/constants.ts'
import { ROOT } from '#wire/name.ts'

/** What is asked for anew before it is over gives way to whatever comes, as with any miss. */
const ANY_SUCCESSOR: Successor = { accepts: () => true, keepsOthers: true, recheckMs: 0 }

/** What a cache is made of. */
export interface CacheParts {
  readonly stores: Stores
  readonly keeper: Keeper
  readonly refresher: Refresher
  readonly metrics: CacheMetrics
  readonly clock: Clock
  readonly next: Handler
}

/** Answers from stored replies, and has what the rest of the chain answers stored. */
export class Cache {
  readonly #options: CacheOptions
  readonly #coversAll: boolean
  readonly #stores: Stores
  readonly #keeper: Keeper
  readonly #refresher: Refresher
  readonly #staleAnswers: StaleAnswers | null
  readonly #metrics: CacheMetrics
  readonly #clock: Clock
  readonly #next: Handler

  constructor(options: CacheOptions, parts: CacheParts) {
    this.#options = options
    this.#coversAll = options.zones.includes(ROOT)
    this.#stores = parts.stores
    this.#keeper = parts.keeper
    this.#refresher = parts.refresher
    this.#staleAnswers = options.stale === null ? null : new StaleAnswers(options.stale, options, parts.refresher)
    this.#metrics = parts.metrics
    this.#clock = parts.clock
    this.#next = parts.next
  }

  /** The answer to a query: from what is stored, or from the rest of the chain. */
  answer(query: Query): Answer {
    if (!this.#covers(query)) return this.#next(query)
    const slots = this.#metrics.of(query.server)
    slots.requests.inc()
    const key = cacheKey(query)
    const nowMs = this.#clock.nowMs()
    const entry = this.#stores.find(key, nowMs)
    if (entry === null) return this.#miss(query, key, slots)
    const remainingSeconds = entry.life.remainingSeconds(nowMs)
    if (remainingSeconds > 0) return this.#hit(entry, remainingSeconds, query, key, slots, nowMs)
    return this.#staleAnswers!.answer(entry, query, key, slots, nowMs)
  }

  #covers(query: Query): boolean {
    if (query.type === Type.AXFR || query.type === Type.IXFR || query.opcode !== Opcode.QUERY) return false
    return this.#coversAll || matchZone(this.#options.zones, query.folded) !== null
  }

  /** Asks with AD, whatever the asker wants, so that the reply is good for those who ask for that. */
  #miss(query: Query, key: string, slots: CacheSlots): Answer {
    slots.misses.inc()
    const withoutAd = ~query.flags & Flag.AD
    query.flags |= Flag.AD
    const answer = this.#next(query)
    if (answer instanceof Promise) {
      return answer.then(reply => {
        query.flags &= ~withoutAd
        return this.#keeper.keep(withoutReuse(reply), query, key, slots)
      })
    }
    query.flags &= ~withoutAd
    return this.#keeper.keep(answer, query, key, slots)
  }

  #hit(entry: Entry, remainingSeconds: number, query: Query, key: string, slots: CacheSlots, nowMs: number): Reply {
    const { life, popularity } = entry
    const { hits, counters } = slots.of(entry.kind)
    hits.inc()
    let isReusable = true
    if (popularity !== null) {
      popularity.note(nowMs)
      const isLate = popularity.isLate(remainingSeconds, life.ttlSeconds)
      isReusable = popularity.isEnough && !isLate && entry.countsDown
      if (popularity.isEnough && isLate && entry.refreshing.begin(nowMs)) {
        slots.prefetches.inc()
        void this.#refresher.ask(entry, query, key, slots, ANY_SUCCESSOR)
      }
    }
    return entry.serve(query, this.#options.keepTtl ? life.ttlSeconds : remainingSeconds, counters, isReusable)
  }
}
