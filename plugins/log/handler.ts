import type { Clock } from '#lib/clock.ts'
import type { Handler } from '#plugin/handler.ts'
import { mapReplyTo } from '#plugin/handler.ts'
import type { Logger } from '#plugin/log.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import type { RepeatObserver, ReplyObserver } from '#plugin/reuse.ts'
import type { ReadMetadata } from '#plugins/log/format.ts'
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
  const compiled = rules.map(({ scope, classes, format: text }) => {
    const format = compileFormat(`[INFO] ${text}`, readMetadata)
    const repeats: RepeatObserver = {
      observe: (peer, id, _queryOctets, _replyOctets, note) => log.plain(format.lineOf(note, peer, id)),
    }
    return { scope, classes, format, repeats }
  })
  /** The rule by which the query is logged, `null` if it is not. */
  function ruleFor(query: Query, reply: Reply): (typeof compiled)[number] | null {
    for (let i = 0; i < compiled.length; i++) {
      const rule = compiled[i]!
      if (isSubdomain(query.folded, rule.scope))
        return rule.classes === null || rule.classes.has(classOf(query, reply)) ? rule : null
    }
    return null
  }
  return {
    observe(query, reply, elapsedMs) {
      const rule = ruleFor(query, reply)
      if (rule !== null) log.plain(rule.format.line(query, reply, elapsedMs))
    },
    ofRepeats: (query, reply) => ruleFor(query, reply)?.repeats ?? UNLOGGED,
    noteOf: (query, reply) => ruleFor(query, reply)?.format.note(query, reply) ?? '',
  }
}

const UNLOGGED: RepeatObserver = { observe() {} }
