import type { Answer, Handler } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import type { SearchPathFinder } from '#plugin/search-path.ts'
import { matchZone } from '#plugin/zones.ts'
import { cname } from '#wire/build.ts'
import { MAX_NAME_OCTETS, Opcode, Rcode } from '#wire/constants.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { foldName, isSubdomain, ROOT } from '#wire/name.ts'

/**
 * Goes along the search path for the client: a name below the first domain of its path is looked up there, and if it does
 * not exist, below each other domain and then as it was before any was appended. `won` is told of each that was found.
 */
export function autopathHandler(
  zones: readonly FoldedName[],
  findPath: SearchPathFinder,
  next: Handler,
  won: (query: Query) => void,
): Handler {
  async function goOn(query: Query, path: readonly Name[], first: Reply): Promise<Reply> {
    const base = query.name.slice(0, query.name.length - path[0]!.length)
    for (const domain of [...path.slice(1), ROOT]) {
      if (base.length + domain.length > MAX_NAME_OCTETS) continue
      const attempt = query.copy()
      attempt.name = (base + domain) as Name
      attempt.folded = foldName(attempt.name)
      const reply = await next(attempt)
      if (!isFinal(reply)) continue
      if (isFound(reply)) won(query)
      return withAlias(reply, query)
    }
    // That it is the last word depends on all the other names as well.
    return first.with({ reuse: null })
  }

  return function autopath(query): Answer {
    if (query.opcode !== Opcode.QUERY || matchZone(zones, query.folded) === null) return next(query)
    const path = findPath(query)
    if (path === null || path.length === 0 || !isBelow(query.folded, foldName(path[0]!))) return next(query)
    const answer = next(query)
    if (!(answer instanceof Promise) && isFinal(answer)) {
      if (isFound(answer)) won(query)
      return answer
    }
    // The copies of the query are made once it is kept: until then its peer may turn into another's.
    return Promise.resolve(answer).then(first => {
      if (!isFinal(first)) return goOn(query, path, first)
      if (isFound(first)) won(query)
      return first
    })
  }
}

function isBelow(name: FoldedName, domain: FoldedName): boolean {
  return name !== domain && isSubdomain(name, domain)
}

/** Whether the walk ends here: with an answer, an error that is told, or none at all. */
function isFinal(reply: Reply): boolean {
  if (reply.delivery === Delivery.WRITTEN) return reply.rcode !== Rcode.NXDOMAIN || reply.error !== null
  return reply.delivery === Delivery.DROPPED || reply.error !== null
}

function isFound(reply: Reply): boolean {
  return reply.delivery === Delivery.WRITTEN && reply.error === null
}

/** An answer about another name, led to by a CNAME record from the one that was asked for. */
function withAlias(reply: Reply, query: Query): Reply {
  const other = reply.answer.find(({ owner }) => foldName(owner) !== query.folded)
  const answer =
    other === undefined ? reply.answer : [cname(query.name, other.ttlSeconds, other.owner), ...reply.answer]
  return reply.with({ answer, reuse: null })
}
