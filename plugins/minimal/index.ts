import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { mapReplyTo } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { ResponseKind, responseKind } from '#plugin/response-kind.ts'
import { DependsOn } from '#plugin/reuse.ts'

/** Leaves out what answers do not need: the authority and additional sections. */
export const minimal: AnyPlugin = definePlugin<null>({
  name: 'minimal',
  once: false,
  dependsOn: () => DependsOn.QUESTION,
  parse(directive) {
    directive.noBlock()
    return null
  },
  build: (_, next) =>
    function minimal(query) {
      return mapReplyTo(next(query), query, withoutExtras)
    },
})

/** Denials, referrals and failures need their other sections. */
function withoutExtras(reply: Reply, query: Query): Reply {
  if (reply.authority.length === 0 && reply.additional.length === 0) return reply
  if (responseKind(query, reply) !== ResponseKind.ANSWER) return reply
  return reply.with({ authority: [], additional: [] })
}
