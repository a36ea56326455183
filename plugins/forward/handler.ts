import type { Clock } from '#lib/clock.ts'
import type { UpstreamQuestion } from '#net/upstream/question.ts'
import type { Answer, Handler } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import { failure } from '#plugin/reply.ts'
import { matchZone } from '#plugin/zones.ts'
import type { ForwardMetrics } from '#plugins/forward/metrics.ts'
import type { ForwardLine } from '#plugins/forward/options.ts'
import { replyFromUpstream } from '#plugins/forward/reply-from-upstream.ts'
import type { UpstreamGroup } from '#plugins/forward/upstream-group.ts'
import type { Walked } from '#plugins/forward/walk.ts'
import { Flag, Rcode, Type } from '#wire/constants.ts'
import type { Message } from '#wire/message.ts'
import type { FoldedName } from '#wire/name.ts'
import { isSubdomain } from '#wire/name.ts'

/** How long a query may take in all, in milliseconds (CoreDNS). */
const OVERALL_TIMEOUT_MS = 5000
const PASSED_FLAGS = Flag.RD | Flag.CD | Flag.AD

/**
 * The handler of one `forward` line. `nextForward` is the next line's handler, for options `next` and `next_on_nodata`, or
 * `null` on the last line; `next` takes what is not to be forwarded here.
 */
export function forwardHandler(
  line: ForwardLine,
  group: UpstreamGroup,
  next: Handler,
  nextForward: Handler | null,
  metrics: ForwardMetrics,
  clock: Clock,
): Handler {
  const tooMany = failure(Rcode.REFUSED, new Error(`concurrent queries exceeded maximum ${line.maxConcurrent}`))
  let underWay = 0

  function finish(walked: Walked, query: Query): Answer {
    underWay--
    if ('error' in walked) return failure(Rcode.SERVFAIL, walked.error)
    query.metadata?.set('forward/upstream', walked.from)
    if (nextForward !== null && goesToNext(line, walked.reply, query)) return nextForward(query)
    return replyFromUpstream(walked.reply, query, metrics)
  }

  return function forward(query) {
    if (!isForwarded(line, query.folded)) return next(query)
    if (underWay >= line.maxConcurrent) {
      metrics.maxConcurrentRejects.inc()
      return tooMany
    }
    underWay++
    const deadlineMs = Math.min(clock.nowMs() + OVERALL_TIMEOUT_MS, query.deadlineMs)
    return group.ask(questionOf(query), query.isStream, deadlineMs).then(walked => finish(walked, query))
  }
}

function isForwarded(line: ForwardLine, name: FoldedName): boolean {
  if (!isSubdomain(name, line.from)) return false
  return line.except.length === 0 || name === line.from || matchZone(line.except, name) === null
}

function questionOf(query: Query): UpstreamQuestion {
  return {
    name: query.name,
    folded: query.folded,
    type: query.type,
    class: query.class,
    flags: query.flags & PASSED_FLAGS,
    edns: query.hasEdns,
    dnssecOk: query.dnssecOk,
  }
}

function goesToNext(line: ForwardLine, reply: Message, query: Query): boolean {
  if (line.nextRcodes.includes(reply.rcode)) return true
  if (!line.nextOnNodata || reply.rcode !== Rcode.NOERROR) return false
  return !reply.answer.some(record => record.type === query.type || query.type === Type.ANY)
}
