import { within } from '#lib/timer.ts'
import type { Answer } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { ResponseKind } from '#plugin/response-kind.ts'
import type { Entry } from '#plugins/cache/entry.ts'
import { forAsker } from '#plugins/cache/keeper.ts'
import type { CacheSlots } from '#plugins/cache/metrics.ts'
import type { CacheOptions } from '#plugins/cache/options.ts'
import type { StaleOptions } from '#plugins/cache/refresh-options.ts'
import type { Refresher, Successor } from '#plugins/cache/refresher.ts'
import { isResolved, isUsableAnswer } from '#plugins/cache/storable.ts'
import { OptionCode } from '#wire/constants.ts'
import type { EdnsOption } from '#wire/edns.ts'

/** Extended errors 3, Stale Answer, and 19, Stale NXDOMAIN Answer (RFC 8914 sections 4.4 and 4.20). */
const STALE_ANSWER: readonly EdnsOption[] = [{ code: OptionCode.EDE, data: Uint8Array.of(0, 3) }]
const STALE_NXDOMAIN: readonly EdnsOption[] = [{ code: OptionCode.EDE, data: Uint8Array.of(0, 19) }]

/** What is left of an asker's time when it is answered, in milliseconds. */
const MARGIN_MS = 50

/** Answers with what is over, unless the rest of the chain has something newer in time (RFC 8767). */
export class StaleAnswers {
  readonly #options: StaleOptions
  readonly #keepTtl: boolean
  readonly #refresher: Refresher
  readonly #successor: Successor

  constructor(options: StaleOptions, { keepTtl, preferPositive }: CacheOptions, refresher: Refresher) {
    this.#options = options
    this.#keepTtl = keepTtl
    this.#refresher = refresher
    this.#successor = {
      accepts: preferPositive ? isUsableAnswer : isResolved,
      keepsOthers: preferPositive,
      recheckMs: options.recheckMs,
    }
  }

  /**
   * The answer to a query for an entry that is over at `nowMs` of the monotonic clock. Whatever the rest of the chain has at hand is
   * the answer, and else, without `verify`, the entry, while it is being asked for anew.
   */
  answer(entry: Entry, query: Query, key: string, slots: CacheSlots, nowMs: number): Answer {
    const { verify, recheckMs } = this.#options
    const isAsked = (verify && recheckMs === 0) || entry.refreshing.begin(nowMs)
    if (!isAsked) return this.#stale(entry, query, slots)
    const newer = this.#refresher.ask(entry, query, key, slots, this.#successor)
    const chosen = (reply: Reply | null): Reply => {
      if (reply === null) return this.#stale(entry, query, slots)
      slots.misses.inc()
      return forAsker(reply, query)
    }
    if (!(newer instanceof Promise)) return chosen(newer)
    if (verify) return within(this.#patienceMs(query, nowMs), newer, null).then(chosen)
    slots.prefetches.inc()
    return this.#stale(entry, query, slots)
  }

  /** How long a newer reply is waited for: what is over can still be had when the asker has to be answered. */
  #patienceMs({ deadlineMs }: Query, nowMs: number): number {
    const { verifyTimeoutMs } = this.#options
    return Math.min(verifyTimeoutMs === 0 ? Number.POSITIVE_INFINITY : verifyTimeoutMs, deadlineMs - nowMs - MARGIN_MS)
  }

  #stale(entry: Entry, query: Query, slots: CacheSlots): Reply {
    const { responseTtlSeconds } = this.#options
    const { hits, counters } = slots.of(entry.kind)
    hits.inc()
    slots.servedStale.inc()
    const ttlSeconds = responseTtlSeconds === 0 && this.#keepTtl ? entry.life.ttlSeconds : responseTtlSeconds
    const options = entry.kind === ResponseKind.NAME_ERROR ? STALE_NXDOMAIN : STALE_ANSWER
    return entry.serve(query, ttlSeconds, counters, false).with({ options })
  }
}
