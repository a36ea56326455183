import type { Clock } from '#lib/clock.ts'
import type { Peer } from '#lib/peer.ts'
import type { Answer, Handler } from '#plugin/handler.ts'
import type { Logger } from '#plugin/log.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { failure } from '#plugin/reply.ts'
import type { Entry } from '#plugins/cache/entry.ts'
import type { Keeper } from '#plugins/cache/keeper.ts'
import { withoutReuse } from '#plugins/cache/keeper.ts'
import type { CacheSlots } from '#plugins/cache/metrics.ts'
import { Flag, Rcode, typeName } from '#wire/constants.ts'
import { formatName } from '#wire/name.ts'

/** What takes an entry's place. */
export interface Successor {
  /** Whether a reply to this query does. */
  accepts(reply: Reply, query: Query): boolean
  /** Whether other replies are stored all the same. */
  readonly keepsOthers: boolean
  /** How long after a reply that does not it is not tried again, in milliseconds. */
  readonly recheckMs: number
}

/** Asks the rest of the chain anew for what is stored. */
export class Refresher {
  readonly #keeper: Keeper
  readonly #next: Handler
  readonly #clock: Clock
  readonly #log: Logger

  constructor(keeper: Keeper, next: Handler, clock: Clock, log: Logger) {
    this.#keeper = keeper
    this.#next = next
    this.#clock = clock
    this.#log = log
  }

  /**
   * Asks for an entry as `query` does, with all the room for a reply that there is. What takes the entry's place is stored and
   * returned; `null` if nothing does. Neither throws nor rejects.
   */
  ask(
    entry: Entry,
    query: Query,
    key: string,
    slots: CacheSlots,
    successor: Successor,
  ): Reply | null | Promise<Reply | null> {
    const refresh = refreshOf(query)
    const settle = (reply: Reply): Reply | null => {
      const isAccepted = successor.accepts(reply, refresh)
      const isKept = isAccepted || successor.keepsOthers
      const kept = isKept ? this.#keeper.keep(reply, refresh, key, slots, entry.popularity) : null
      entry.refreshing.end(isAccepted ? 0 : this.#clock.nowMs() + successor.recheckMs)
      return isAccepted ? kept : null
    }
    const answer = this.#answerTo(refresh)
    if (!(answer instanceof Promise)) return settle(answer)
    return answer.then(
      reply => settle(withoutReuse(reply)),
      error => settle(this.#failed(refresh, error)),
    )
  }

  #answerTo(refresh: Query): Answer {
    try {
      return this.#next(refresh)
    } catch (error) {
      return this.#failed(refresh, error)
    }
  }

  #failed({ name, type }: Query, error: unknown): Reply {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#log.error(`asking anew for ${formatName(name)} ${typeName(type)}: ${reason}`)
    return failure(Rcode.SERVFAIL)
  }
}

/**
 * A query for what `query` asks for, which outlives it: from the same client, to whom nothing can be sent, by a stream, so that the
 * reply is complete, and with AD, so that the reply is good for those who ask for that.
 */
function refreshOf(query: Query): Query {
  const refresh = query.copy()
  refresh.flags |= Flag.AD
  refresh.peer = bystander(query.peer)
  refresh.ednsOptions = query.ednsOptions.slice()
  refresh.isStream = true
  refresh.deadlineMs = Number.POSITIVE_INFINITY
  refresh.metadata = query.metadata === null ? null : new Map()
  return refresh
}

/** A client as it can be looked at later, with nothing under way for it. */
function bystander({ family, address, port, localAddress, localPort }: Peer): Peer {
  return {
    family,
    address,
    port,
    localAddress,
    localPort,
    send() {},
    detach() {
      return this
    },
    release() {},
  }
}
