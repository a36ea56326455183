import type { Clock } from '#lib/clock.ts'
import type { Answer, Handler } from '#plugin/handler.ts'
import { mapReplyTo } from '#plugin/handler.ts'
import type { Logger } from '#plugin/log.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { classOf } from '#plugin/reply-class.ts'
import { compileFormat } from '#plugins/log/format.ts'
import type { LogRule } from '#plugins/log/parse.ts'
import type { FoldedName } from '#wire/name.ts'
import { isSubdomain } from '#wire/name.ts'

interface ScopedHandler {
  readonly scope: FoldedName
  readonly handle: (query: Query) => Answer
}

/** Logs each query by the first rule whose scope holds its name; that rule may still leave its class of reply out. */
export function makeHandler(rules: readonly LogRule[], next: Handler, log: Logger, clock: Clock): Handler {
  const scoped = rules.map(rule => scopedHandler(rule, next, log, clock))
  return function logQuery(query) {
    for (let i = 0; i < scoped.length; i++) {
      const rule = scoped[i]!
      if (isSubdomain(query.folded, rule.scope)) return rule.handle(query)
    }
    return next(query)
  }
}

function scopedHandler(rule: LogRule, next: Handler, log: Logger, clock: Clock): ScopedHandler {
  const { scope, classes } = rule
  const format = compileFormat(rule.format)
  function write(reply: Reply, query: Query): Reply {
    if (classes === null || classes.has(classOf(query, reply))) {
      log.plain(`[INFO] ${format(query, reply, clock.nowMs() - query.receivedAtMs)}`)
    }
    return reply
  }
  return { scope, handle: query => mapReplyTo(next(query), query, write) }
}
