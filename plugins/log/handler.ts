import type { Clock } from '#lib/clock.ts'
import type { Handler } from '#plugin/handler.ts'
import { mapReplyTo } from '#plugin/handler.ts'
import type { Logger } from '#plugin/log.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import type { ReplyObserver } from '#plugin/reuse.ts'
import type { ReadMetadata } from '#plugins/log/format.ts'
import { compileFormat } from '#plugins/log/format.ts'
import type { LogRule } from '#plugins/log/parse.ts'
import { classOf } from '#plugins/log/reply-class.ts'
import { isSubdomain } from '#wire/name.ts'

/** Shows each query with its reply to `observe`. */
export function makeHandler(observe: ReplyObserver, next: Handler, clock: Clock): Handler {
  function show(reply: Reply, query: Query): Reply {
    observe(query, reply, clock.nowMs() - query.receivedAtMs, 0)
    return reply
  }
  return function logQuery(query) {
    return mapReplyTo(next(query), query, show)
  }
}

/** Logs a query by the first rule whose scope holds its name; that rule may still leave its class of reply out. */
export function logReplies(rules: readonly LogRule[], log: Logger, readMetadata: ReadMetadata): ReplyObserver {
  const writers = rules.map(({ scope, classes, format }) => ({
    scope,
    classes,
    write: compileFormat(format, readMetadata),
  }))
  return function logReply(query, reply, elapsedMs) {
    for (let i = 0; i < writers.length; i++) {
      const { scope, classes, write } = writers[i]!
      if (!isSubdomain(query.folded, scope)) continue
      if (classes === null || classes.has(classOf(query, reply))) log.plain(`[INFO] ${write(query, reply, elapsedMs)}`)
      return
    }
  }
}
