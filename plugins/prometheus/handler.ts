import type { Clock } from '#lib/clock.ts'
import type { Handler } from '#plugin/handler.ts'
import { mapReplyTo } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import { uncompressedOctets } from '#plugin/reply-size.ts'
import type { RequestMetrics } from '#plugin/request-metrics.ts'
import type { ReplyObserver } from '#plugin/reuse.ts'

/** Counts queries with their replies. As in CoreDNS a reply that no plugin wrote has size 0. */
export function countReplies(metrics: RequestMetrics): ReplyObserver {
  return {
    observe(query, reply, elapsedMs, octets) {
      const written = reply.delivery === Delivery.WRITTEN ? octets : 0
      metrics.record(query, reply, query.zone, written, elapsedMs)
    },
    ofRepeats: (query, reply) => metrics.ofRepeats(query, reply, query.zone),
    noteOf: () => '',
  }
}

/** Shows each query with its reply to `observer`. */
export function makeHandler(observer: ReplyObserver, next: Handler, clock: Clock): Handler {
  function record(reply: Reply, query: Query): Reply {
    observer.observe(query, reply, clock.nowMs() - query.receivedAtMs, uncompressedOctets(query, reply))
    return reply
  }
  return function prometheus(query) {
    return mapReplyTo(next(query), query, record)
  }
}
