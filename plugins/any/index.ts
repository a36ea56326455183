import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { reply } from '#plugin/reply.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { hinfo } from '#wire/build.ts'
import { Type } from '#wire/constants.ts'

/** The number of the RFC, as CoreDNS has it. */
const TTL_SECONDS = 8482

/** Answers ANY queries with one short record (RFC 8482 section 4.2). */
export const any: AnyPlugin = definePlugin<null>({
  name: 'any',
  once: false,
  dependsOn: () => DependsOn.QUESTION,
  parse(directive) {
    directive.noBlock()
    return null
  },
  build: (_, next) =>
    function any(query) {
      if (query.type !== Type.ANY) return next(query)
      return reply('any', {
        answer: [hinfo(query.name, TTL_SECONDS, 'ANY obsoleted', 'See RFC 8482', query.class)],
      })
    },
})
