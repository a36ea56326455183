import type { Answer } from '#plugin/handler.ts'
import { mapReply } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery, reply } from '#plugin/reply.ts'
import type { ServiceEntry } from '#plugins/kubernetes/index/service.ts'
import type { Found } from '#plugins/kubernetes/lookup/find.ts'
import { cname } from '#wire/build.ts'
import { Flag } from '#wire/constants.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { foldName, isSubdomain } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** Most CNAME records that may precede another one in an answer. */
const MAX_LINKS = 10

/** What following a chain needs of the plugin. */
export interface ChainContext {
  readonly ttlSeconds: number
  find(name: FoldedName, zone: FoldedName): Found
  /** The A or AAAA records of something found, none if it has no such records; not for an ExternalName service. */
  addresses(found: Found, owner: Name, type: number): readonly ResourceRecord[]
}

/**
 * Answers A or AAAA for an ExternalName service: the CNAME record, and the addresses of what it leads to. A target in the
 * same zone is looked up here, any other by the server. `noData` is the answer for a chain that loops, is too long, or
 * ends in the zone without an address.
 */
export function followExternalName(
  context: ChainContext,
  query: Query,
  first: ServiceEntry,
  zone: FoldedName,
  noData: Reply,
): Answer {
  const links: ResourceRecord[] = []
  const targets = new Set<FoldedName>()
  let owner = query.name
  let service = first
  for (;;) {
    const target = service.externalTarget!
    const folded = foldName(target)
    if (isSubdomain(folded, foldName(owner)) || links.length > MAX_LINKS || targets.has(folded)) return noData
    links.push(cname(owner, context.ttlSeconds, target))
    targets.add(folded)
    if (!isSubdomain(folded, zone)) return resolveOutside(query, target, links, noData)
    const found = context.find(folded, zone)
    if (found.kind !== 'service') {
      const addresses = context.addresses(found, target, query.type)
      return addresses.length === 0 ? noData : chain([...links, ...addresses], 0)
    }
    service = found
    owner = target
  }
}

function resolveOutside(query: Query, target: Name, links: readonly ResourceRecord[], noData: Reply): Answer {
  if (query.depth >= MAX_LINKS) return noData
  const answer = query.server.resolve(query.derive(target, query.type))
  return mapReply(answer, resolved => {
    if (resolved.delivery === Delivery.DROPPED) return noData.with({ reuse: null })
    return chain([...links, ...resolved.answer], resolved.flags & Flag.TC)
  })
}

function chain(answer: readonly ResourceRecord[], truncated: number): ReturnType<typeof reply> {
  return reply('kubernetes', { flags: Flag.AA | truncated, answer })
}
