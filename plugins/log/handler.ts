import type { Clock } from '#lib/clock.ts'
import type { Handler } from '#plugin/handler.ts'
import { mapReplyTo } from '#plugin/handler.ts'
import type { Logger } from '#plugin/log.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import type { RepeatObserver, ReplyObserver } from '#plugin/reuse.ts'
import type { LineFormat, ReadMetadata } from '#plugins/log/format.ts'
import { compileFormat } from '#plugins/log/format.ts'
import type { LogRule } from '#plugins/log/parse.ts'
import { classOf } from '#plugins/log/reply-class.ts'
import { isSubdomain } from '#wire/name.ts'

/** Shows each query with its reply to `observer`. */
export function makeHandler(observer: ReplyObserver, next: Handler, clock: Clock): Handler {
  function show(reply: Reply, query: Query): Reply {
    observer.observe(query, reply, clock.nowMs() - query.receivedAtMs, 0)
    return reply
  }
  return function logQuery(query) {
    return mapReplyTo(next(query), query, show)
  }
}

/** Logs a query by the first rule whose scope holds its name; that rule may still leave its class of reply out. */
export function logReplies(rules: readonly LogRule[], log: Logger, readMetadata: ReadMetadata): ReplyObserver {
  const formats = rules.map(({ scope, classes, format }) => ({
    scope,
    classes,
    format: compileFormat(`[INFO] ${format}`, readMetadata),
  }))
  /** How the query is logged, `null` for not at all. */
  function formatFor(query: Query, reply: Reply): LineFormat | null {
    for (let i = 0; i < formats.length; i++) {
      const { scope, classes, format } = formats[i]!
      if (isSubdomain(query.folded, scope))
        return classes === null || classes.has(classOf(query, reply)) ? format : null
    }
    return null
  }
  return {
    observe(query, reply, elapsedMs) {
      const format = formatFor(query, reply)
      if (format !== null) log.plain(format.line(query, reply, elapsedMs))
    },
    ofRepeats(query, reply) {
      const format = formatFor(query, reply)
      if (format === null) return UNLOGGED
      const line = format.ofRepeats(query, reply)
      return { observe: (peer, id) => log.plain(line(peer, id)) }
    },
  }
}

const UNLOGGED: RepeatObserver = { observe() {} }
