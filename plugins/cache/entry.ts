import type { Slot } from '#plugin/metrics.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery, failure, reply } from '#plugin/reply.ts'
import { ResponseKind } from '#plugin/response-kind.ts'
import type { Recency, Renewal, Reuse } from '#plugin/reuse.ts'
import { Life } from '#plugins/cache/life.ts'
import type { Popularity } from '#plugins/cache/popularity.ts'
import { Refreshing } from '#plugins/cache/refreshing.ts'
import { isSameReply } from '#plugins/cache/same-reply.ts'
import { renamed, sizeOctetsOf, targetsOf } from '#plugins/cache/stored-reply.ts'
import { Flag } from '#wire/constants.ts'
import type { FoldedName, Name } from '#wire/name.ts'

/** Where an entry is stored. */
export interface EntryHolder extends Recency {
  /** The epoch of the entry with this key, which ends when what was made of the entry is no longer good. */
  openEpoch(key: string): number
  /** The value of an epoch now. */
  epochValue(epoch: number): number
  /** Ends what was made of the entry so far; returns the value of its epoch from now on. */
  advanceEpoch(epoch: number): number
}

/**
 * A stored reply. Its records are shared with every hit; only what differs between hits is made anew. It is itself what the
 * packet cache is told about how long those are good (`Reuse`): there are many entries, and few are asked for twice.
 */
export class Entry implements Reuse {
  readonly life: Life
  /** What it says, never `OTHER`. */
  readonly kind: ResponseKind
  /** How often it is asked for, where that is counted. */
  readonly popularity: Popularity | null
  #refreshing: Refreshing | null = null
  readonly #stored: Reply
  /** The question's name in the letter case of the query that the reply was made for. */
  readonly #name: Name
  #holder: EntryHolder | null = null
  #key = ''
  /** The question's name, folded. */
  readonly folded: FoldedName
  readonly author = 'cache'
  /** Taken when what was made of the entry is kept, -1 before. */
  epoch = -1
  epochValue = 0
  readonly countsDown: boolean
  /** What goes up with the hits of the server that was answered last. */
  counters: readonly Slot[] = []
  /** The last reply served, good until its remaining seconds, flags or letter case are no longer what is wanted. */
  #served: Reply
  #servedName: Name
  #servedTtlSeconds = -1
  #servedFlags = -1

  /** The reply to `query`, which says `kind`, from `nowMs` of the monotonic clock on. */
  constructor(
    stored: Reply,
    query: Query,
    kind: ResponseKind,
    ttlSeconds: number,
    nowMs: number,
    countsDown: boolean,
    popularity: Popularity | null = null,
  ) {
    this.life = new Life(stored, ttlSeconds, nowMs)
    this.kind = kind
    this.popularity = popularity
    this.#stored = stored
    this.#name = query.name
    this.folded = query.folded
    this.countsDown = countsDown
    this.#served = stored.delivery === Delivery.BARE ? failure(stored.rcode) : stored
    this.#servedName = query.name
  }

  /** Whether it has records of the type asked for. */
  get isAnswering(): boolean {
    return this.kind === ResponseKind.ANSWER && this.#stored.answer.length > 0
  }

  /** Whether it is being asked for anew. */
  get refreshing(): Refreshing {
    this.#refreshing ??= new Refreshing()
    return this.#refreshing
  }

  /** Begins its life anew if a reply to this query would make the same entry; says whether it does. */
  renew(stored: Reply, query: Query, ttlSeconds: number, nowMs: number): boolean {
    const isSame = ttlSeconds === this.life.ttlSeconds && query.name === this.#name && isSameReply(stored, this.#stored)
    if (!isSame) return false
    // Replies that were made of it count down to the end of the life before.
    const isEarly = nowMs < this.life.untilMs
    if (isEarly && this.epoch >= 0) this.epochValue = this.#holder!.advanceEpoch(this.epoch)
    this.life.begin(nowMs)
    return true
  }

  /** Says where the entry is stored. */
  adopt(holder: EntryHolder, key: string): void {
    this.#holder = holder
    this.#key = key
  }

  keep(): void {
    if (this.epoch >= 0 || this.#holder === null) return
    this.epoch = this.#holder.openEpoch(this.#key)
    this.epochValue = this.#holder.epochValue(this.epoch)
  }

  get recency(): Recency | null {
    return this.#holder
  }

  get untilMs(): number {
    return this.life.untilMs
  }

  get renewal(): Renewal | null {
    return this.life.renewal
  }

  /**
   * The reply for a query that this entry answers, every record with `ttlSeconds`; `counters` are those of a hit. `isReusable` says
   * whether others may have it too, without the cache being asked.
   */
  serve(query: Query, ttlSeconds: number, counters: readonly Slot[], isReusable: boolean): Reply {
    const stored = this.#stored
    if (stored.delivery === Delivery.BARE) return this.#served
    const flags = this.#flagsFor(query)
    const isServed =
      ttlSeconds === this.#servedTtlSeconds &&
      flags === this.#servedFlags &&
      counters === this.counters &&
      isReusable === (this.#served.reuse !== null) &&
      query.name === this.#servedName
    if (isServed) return this.#served
    this.#servedTtlSeconds = ttlSeconds
    this.#servedFlags = flags
    this.#servedName = query.name
    this.counters = counters
    this.#served = reply('cache', {
      rcode: stored.rcode,
      flags,
      answer: renamed(stored.answer, this.#name, query.name),
      authority: renamed(stored.authority, this.#name, query.name),
      additional: renamed(stored.additional, this.#name, query.name),
      uniformTtlSeconds: ttlSeconds,
      reuse: isReusable ? this : null,
    })
    return this.#served
  }

  /**
   * The reuse of the reply that the entry was made for, as it goes to the first asker with these `flags`; `null` if a hit is
   * another reply. `counters` are those of a hit.
   */
  reuseOfFirst(query: Query, flags: number, counters: readonly Slot[]): Reuse | null {
    const { delivery, options } = this.#stored
    const isSame = delivery === Delivery.WRITTEN && options.length === 0 && flags === this.#flagsFor(query)
    if (!isSame || this.#holder === null) return null
    this.counters = counters
    return this
  }

  /** The names that its CNAME records lead to. */
  get targets(): readonly FoldedName[] {
    return targetsOf(this.#stored)
  }

  #flagsFor(query: Query): number {
    let kept = Flag.RA
    if (query.dnssecOk || (query.flags & Flag.AD) !== 0) kept |= Flag.AD // RFC 6840 section 5.7
    return Flag.AA | (this.#stored.flags & kept)
  }

  /** About how much memory the entry takes, in octets. */
  get sizeOctets(): number {
    return sizeOctetsOf(this.#stored)
  }
}
