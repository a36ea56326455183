import { printable } from '#lib/printable.ts'
import type { Handler } from '#plugin/handler.ts'
import { mapReplyTo } from '#plugin/handler.ts'
import type { Logger } from '#plugin/log.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import type { Consolidation } from '#plugins/errors/consolidation.ts'
import { typeName } from '#wire/constants.ts'
import { formatName } from '#wire/name.ts'

/** Looks at each reply on its way out and logs the error it carries: `2 example.org. A: no upstreams left`. */
export function makeHandler(consolidations: readonly Consolidation[], next: Handler, log: Logger): Handler {
  function report(reply: Reply, query: Query): Reply {
    if (reply.error !== null) {
      const message = printable(reply.error.message)
      const line = `${reply.rcode} ${formatName(query.folded)} ${typeName(query.type)}: ${message}`
      const consolidation = consolidations.find(candidate => candidate.matches(message))
      if (consolidation === undefined) log.error(line)
      else consolidation.take(line)
    }
    return reply
  }
  return function errors(query) {
    return mapReplyTo(next(query), query, report)
  }
}
