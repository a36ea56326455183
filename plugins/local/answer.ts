import type { Slot } from '#plugin/metrics.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import { address, ns, ptr, soa } from '#wire/build.ts'
import { Class, Rcode, Type } from '#wire/constants.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { foldName, isSubdomain, name } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

const TTL_SECONDS = 604_800

const LOCALHOST = known('localhost')
/** The label `localhost` at the start of a name. */
const LOCALHOST_LABEL = '\x09localhost'
const LOOPBACK_PTR = known('1.0.0.127.in-addr.arpa')
const ZONES = ['localhost', '0.in-addr.arpa', '127.in-addr.arpa', '255.in-addr.arpa'].map(known)
/** How the names of all reverse zones here end: a quick look that spares most names the search. */
const ARPA_END = '\x07in-addr\x04arpa\0'

/** The answer to a query for this machine or its loopback zones; `null` when the name is another one. */
export function localReply(query: Query, localhostPrefix: boolean, prefixQueries: Slot): Reply | null {
  if (query.class !== Class.IN) return null
  const { folded } = query
  if (folded.startsWith(LOCALHOST_LABEL) && folded.length > LOCALHOST.length) {
    // `localhost.localhost` is below the zone localhost, whatever the option says.
    if (!localhostPrefix && !isSubdomain(folded, LOCALHOST)) return null
    prefixQueries.inc()
    return addressesOf(query, folded)
  }
  if (!folded.endsWith(LOCALHOST) && !folded.endsWith(ARPA_END)) return null
  const zone = ZONES.find(each => isSubdomain(folded, each))
  if (zone === undefined) return null
  if (folded === zone) return apex(query, zone)
  if (zone === LOCALHOST) return addressesOf(query, zone)
  if (folded !== LOOPBACK_PTR) return denied(Rcode.NXDOMAIN, zone)
  return query.type === Type.PTR
    ? reply('local', { answer: [ptr(query.name, TTL_SECONDS, LOCALHOST)] })
    : denied(Rcode.NOERROR, zone)
}

function apex(query: Query, zone: FoldedName): Reply {
  if (query.type === Type.SOA) return reply('local', { answer: [start(query.name)] })
  if (query.type === Type.NS) return reply('local', { answer: [ns(query.name, TTL_SECONDS, LOCALHOST)] })
  return zone === LOCALHOST ? addressesOf(query, zone) : denied(Rcode.NOERROR, zone)
}

function addressesOf(query: Query, owner: FoldedName): Reply {
  if (query.type === Type.A) return reply('local', { answer: [address(query.name, TTL_SECONDS, '127.0.0.1')] })
  if (query.type === Type.AAAA) return reply('local', { answer: [address(query.name, TTL_SECONDS, '::1')] })
  return denied(Rcode.NOERROR, owner)
}

function denied(rcode: number, owner: FoldedName): Reply {
  return reply('local', { rcode, authority: [start(owner)] })
}

function start(owner: Name): ResourceRecord {
  const rname = name('root.localhost')
  return soa(owner, TTL_SECONDS, {
    mname: LOCALHOST,
    rname,
    serial: 1,
    refresh: 0,
    retry: 0,
    expire: 0,
    minimum: TTL_SECONDS,
  })
}

function known(text: string): FoldedName {
  return foldName(name(text))
}
