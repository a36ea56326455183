import type { Slot } from '#plugin/metrics.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery, failure, reply } from '#plugin/reply.ts'
import { ResponseKind } from '#plugin/response-kind.ts'
import type { Recency, Renewal, Reuse } from '#plugin/reuse.ts'
import type { Life } from '#plugins/cache/life.ts'
import type { PackedReply } from '#plugins/cache/packed-reply.ts'
import type { Popularity } from '#plugins/cache/popularity.ts'
import { Refreshing } from '#plugins/cache/refreshing.ts'
import { Flag } from '#wire/constants.ts'
import type { FoldedName } from '#wire/name.ts'

/** Where an entry is stored. */
export interface EntryHolder extends Recency {
  /** The epoch of the entry with this key, which ends when what was made of the entry is no longer good. */
  openEpoch(key: string): number
  /** The value of an epoch now. */
  epochValue(epoch: number): number
  /** Ends what was made of the entry so far; returns the value of its epoch from now on. */
  advanceEpoch(epoch: number): number
}

/** What an entry takes beside what it says and twice its key, about: in objects of its own, its store and the index of names. */
const OVERHEAD_OCTETS = 340

/**
 * A stored reply. It is itself what the packet cache is told about how long what is made of it is good (`Reuse`): there are many
 * entries, and few are asked for twice.
 */
export class Entry implements Reuse {
  readonly life: Life
  /** What it says, never `OTHER`. */
  readonly kind: ResponseKind
  /** How often it is asked for, where that is counted. */
  readonly popularity: Popularity | null
  #refreshing: Refreshing | null = null
  readonly #packed: PackedReply
  #holder: EntryHolder | null = null
  #key = ''
  /** Taken when what was made of the entry is kept, -1 before. */
  epoch = -1
  epochValue = 0
  readonly countsDown: boolean
  /** What goes up with the hits of the server that was answered last. */
  counters: readonly Slot[] = []

  /** The reply `packed`, which says `kind` and is good for `life`. */
  constructor(
    packed: PackedReply,
    kind: ResponseKind,
    life: Life,
    countsDown: boolean,
    popularity: Popularity | null = null,
  ) {
    this.life = life
    this.kind = kind
    this.popularity = popularity
    this.#packed = packed
    this.countsDown = countsDown
  }

  get author(): string {
    return 'cache'
  }

  /** Whether it has records of the type asked for. */
  get isAnswering(): boolean {
    return this.kind === ResponseKind.ANSWER && this.#packed.hasAnswer
  }

  /** Whether it is being asked for anew. */
  get refreshing(): Refreshing {
    this.#refreshing ??= new Refreshing()
    return this.#refreshing
  }

  /** Takes the life of an entry that says the same and is made of the same data, in place of becoming garbage; says whether it does. */
  renew(packed: PackedReply, life: Life, nowMs: number): boolean {
    if (!life.isLike(this.life) || !packed.equals(this.#packed)) return false
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
    const { rcode, isBare } = this.#packed
    if (isBare) return failure(rcode)
    this.counters = counters
    return reply('cache', {
      rcode,
      flags: this.#flagsFor(query),
      answer: this.#packed.answer(query.name, ttlSeconds),
      authority: this.#packed.authority(query.name, ttlSeconds),
      additional: this.#packed.additional(query.name, ttlSeconds),
      uniformTtlSeconds: ttlSeconds,
      reuse: isReusable ? this : null,
    })
  }

  /**
   * The reuse of `made`, the reply that the entry was made of, as it goes to the first asker with these `flags`; `null` if a hit is
   * another reply. `counters` are those of a hit.
   */
  reuseOfFirst(made: Reply, query: Query, flags: number, counters: readonly Slot[]): Reuse | null {
    const isSame = made.delivery === Delivery.WRITTEN && made.options.length === 0 && flags === this.#flagsFor(query)
    if (!isSame || this.#holder === null) return null
    this.counters = counters
    return this
  }

  /** The names that its CNAME records lead to. */
  get targets(): readonly FoldedName[] {
    return this.#packed.targets
  }

  #flagsFor(query: Query): number {
    let kept = Flag.RA
    if (query.dnssecOk || (query.flags & Flag.AD) !== 0) kept |= Flag.AD // RFC 6840 section 5.7
    return Flag.AA | (this.#packed.flags & kept)
  }

  /** About how much memory the entry takes, in octets. */
  get sizeOctets(): number {
    return OVERHEAD_OCTETS + 2 * this.#key.length + this.#packed.sizeOctets
  }
}
