/**
 * What the packet cache must know to send a finished reply again without asking the chain. A plugin says once, in its
 * definition, what its part in a reply depends on; the plugin that makes a reply says how long that reply is good for.
 * Without a word from either, nothing is reused.
 */

import type { Peer } from '#lib/peer.ts'
import type { Epochs } from '#plugin/epochs.ts'
import type { Slot } from '#plugin/metrics.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'

/**
 * What a plugin does depends on nothing but the message's flags, question and EDNS, and on data whose changes it announces
 * (`QUESTION`); or on that and on chance, in that it puts addresses in random order (`ORDER`); or on more (`MORE`), such as
 * the client: a server block with such a plugin goes without the packet cache.
 */
export const DependsOn = { QUESTION: 0, ORDER: 1, MORE: 2 } as const
/** One of the numbers of {@link DependsOn}. */
export type DependsOn = (typeof DependsOn)[keyof typeof DependsOn]

/** For how long a reply may be sent again to whoever asks the same. */
export interface Reuse {
  /** Whose the reply is when it is sent again (`Reply.author`); empty when that is who made it. */
  readonly author: string
  /** Says that the reply is kept from now on. The rest is read after that. */
  keep(): void
  /** The reply is good as long as this number (of the configuration's `Epochs`) has the value `epochValue`. */
  readonly epoch: number
  readonly epochValue: number
  /** Monotonic milliseconds from which the reply is no longer good. */
  readonly untilMs: number
  /** Whether the reply's one time to live is what is left until then, in whole seconds rounded up. */
  readonly countsDown: boolean
  /** Counters that go up with every reply sent. */
  readonly counters: readonly Slot[]
  /** Is told that the reply is still asked for, while it is; `null` if nobody wants to know. */
  readonly recency: Recency | null
  /** How it counts when `recency` has given it a new life; `null` when that is never done. */
  readonly renewal: Renewal | null
}

/** Keeps in mind what has been asked for lately. */
export interface Recency {
  /** How often it is to be told, in seconds. */
  readonly touchSeconds: number
  /** The replies of this epoch are asked for at `nowMs` of the monotonic clock; says whether the chain need not be. */
  touch(epoch: number, nowMs: number): boolean
  /** The life that the replies of this epoch share, which counts as asking for them; `null` if nothing is known of it. */
  lifeOf(epoch: number): ReplyLife | null
}

/** How long replies are good. */
export interface ReplyLife {
  /** Monotonic milliseconds from which they are no longer good. */
  readonly untilMs: number
  /** Begins anew, as it would if the chain was asked and made the very same reply; says whether it does, or else the chain has to be asked. */
  renew(nowMs: number): boolean
}

/** The first sending of a reply in a new life. The same object for as many replies as can be. */
export interface Renewal {
  /** Whose the reply is. */
  readonly author: string
  /** Counters that go up in place of those of `Reuse`. */
  readonly counters: readonly Slot[]
}

/** Is shown queries and their replies. */
export interface ReplyObserver {
  /**
   * Is shown a reply of the chain. `elapsedMs` is the time since the query was read, in milliseconds, `octets` the reply's
   * size without compression and OPT record.
   */
  observe(query: Query, reply: Reply, elapsedMs: number, octets: number): void
  /**
   * What is to be shown the further queries like this one that get this reply: whatever can be worked out once is worked
   * out here. The same object for as many replies as can be.
   */
  ofRepeats(query: Query, reply: Reply): RepeatObserver
  /**
   * Text that `RepeatObserver.observe` is handed with each sending of this reply, empty for none. It is kept beside the reply, outside
   * of V8's heap: whatever differs from name to name belongs here. One observer of a server block can have one.
   */
  noteOf(query: Query, reply: Reply): string
}

/** Is shown queries that were answered with a reply sent before. */
export interface RepeatObserver {
  /** `queryOctets` is the query's size as received, `replyOctets` the reply's without compression and OPT record, `note` the server block's note. */
  observe(peer: Peer, id: number, queryOctets: number, replyOctets: number, note: string): void
}

/** The reuse of replies that are good until some data changes, which is what `epoch` stands for. */
export function untilChanged(epochs: Epochs, epoch: number): Reuse {
  return Object.freeze({
    author: '',
    keep() {},
    epoch,
    get epochValue(): number {
      return epochs.values[epoch]!
    },
    untilMs: Number.POSITIVE_INFINITY,
    countsDown: false,
    counters: [],
    recency: null,
    renewal: null,
  })
}
