import type { Slot } from '#plugin/metrics.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { replyBy } from '#plugin/reply.ts'
import type { Recency, RepeatObserver, ReplyObserver, Reuse } from '#plugin/reuse.ts'

/** Audiences that are looked through for one that is the same. */
const RECENT_AUDIENCES = 16

/** Who is told of one sending of a reply. */
export interface Told {
  readonly counters: readonly Slot[]
  readonly observers: readonly RepeatObserver[]
}

/** Who is told each time that a reply is sent: the same object for all replies that are counted alike. */
export interface Audience {
  readonly countsDown: boolean
  readonly recency: Recency | null
  readonly ofRepeats: Told
  /** Of the first sending in a new life; `null` when there is none. */
  readonly ofRenewals: Told | null
}

/** The audiences of replies that were kept lately: what thousands of packets share is made once. */
export class Audiences {
  #recent: Audience[] = []

  /** The audience of a reply to `query`. */
  of(query: Query, reply: Reply, reuse: Reuse, observers: readonly ReplyObserver[]): Audience {
    const { countsDown, recency, counters, renewal } = reuse
    const told = (author: string, counters: readonly Slot[]): Told => {
      const made = author === '' || author === reply.author ? reply : replyBy(author, reply)
      return { counters, observers: observers.map(observer => observer.ofRepeats(query, made)) }
    }
    const ofRepeats = told(reuse.author, counters)
    const ofRenewals = renewal === null ? null : told(renewal.author, renewal.counters)
    const known = this.#recent.find(
      each =>
        each.countsDown === countsDown &&
        each.recency === recency &&
        isSame(each.ofRepeats, ofRepeats) &&
        isSame(each.ofRenewals, ofRenewals),
    )
    if (known !== undefined) return known
    const audience = { countsDown, recency, ofRepeats, ofRenewals }
    this.#recent = [audience, ...this.#recent.slice(0, RECENT_AUDIENCES - 1)]
    return audience
  }
}

function isSame(left: Told | null, right: Told | null): boolean {
  if (left === null || right === null) return left === right
  return areSame(left.counters, right.counters) && areSame(left.observers, right.observers)
}

function areSame<T>(left: readonly T[], right: readonly T[]): boolean {
  return left.length === right.length && left.every((each, i) => each === right[i])
}
