import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { mapReplyTo } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import { DependsOn } from '#plugin/reuse.ts'
import type { FlagChange, HeaderOptions } from '#plugins/header/options.ts'
import { parseHeaderOptions } from '#plugins/header/options.ts'
import { Flag } from '#wire/constants.ts'

/** Sets and clears header flags of queries on their way in and of replies on their way out. */
export const header: AnyPlugin = definePlugin<HeaderOptions>({
  name: 'header',
  once: false,
  dependsOn: () => DependsOn.QUESTION,
  parse: parseHeaderOptions,
  build(options, next) {
    const inward = options.query
    const outward = options.response
    function change(reply: Reply, query: Query): Reply {
      if (reply.delivery !== Delivery.WRITTEN) return reply
      // RD of a reply is that of its query (RFC 1035 section 4.1.1), which is where it can be changed.
      query.flags = changed(query.flags, outward, Flag.RD)
      const flags = changed(reply.flags, outward, Flag.AA | Flag.RA)
      return flags === reply.flags ? reply : reply.with({ flags })
    }
    return function header(query) {
      query.flags = changed(query.flags, inward, Flag.AA | Flag.RA | Flag.RD)
      return mapReplyTo(next(query), query, change)
    }
  },
})

function changed(flags: number, { set, clear }: FlagChange, which: number): number {
  return (flags | (set & which)) & ~(clear & which)
}
