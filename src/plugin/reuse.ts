/**
 * What the packet cache must know to send a finished reply again without asking the chain. A plugin says once, in its
 * definition, what its part in a reply depends on; the plugin that makes a reply says how long that reply is good for.
 * Without a word from either, nothing is reused.
 */
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

/** Something that changes: what was made while it had one value is not good once it has another. */
export interface Epoch {
  readonly value: number
}

/** For how long a reply may be sent again to whoever asks the same. */
export interface Reuse {
  /** The reply is good as long as this keeps the value that it had. */
  readonly epoch: Epoch
  /** Monotonic milliseconds from which the reply is no longer good. */
  readonly untilMs: number
  /** Whether the reply's one time to live is what is left until then, in whole seconds rounded up. */
  readonly countsDown: boolean
  /** Counters that go up with every reply sent. */
  readonly counters: readonly Slot[]
  /** Says that the reply is still asked for; called about once a second while it is. */
  touch(): void
}

/**
 * Told of each reply that is sent again; `elapsedMs` is the time since the query was read, in milliseconds, `octets` the
 * reply's size without compression and OPT record.
 */
export type ReplyObserver = (query: Query, reply: Reply, elapsedMs: number, octets: number) => void

/** The reuse of replies that are good until some data changes. */
export function untilChanged(epoch: Epoch): Reuse {
  return Object.freeze({
    epoch,
    untilMs: Number.POSITIVE_INFINITY,
    countsDown: false,
    counters: [],
    touch() {},
  })
}
