import type { Handler } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { failure, reply } from '#plugin/reply.ts'
import { fallsThrough, matchZone } from '#plugin/zones.ts'
import type { HostsOptions } from '#plugins/hosts/options.ts'
import type { HostsSource } from '#plugins/hosts/source.ts'
import { Class, Flag, Rcode, Type } from '#wire/constants.ts'
import { ROOT } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

/** No zone is known to deny the name for, and so no SOA: the failure says that this server has no answer. */
const UNKNOWN_NAME = failure(Rcode.SERVFAIL)
const NO_DATA = reply('hosts', { flags: Flag.AA })

/** Answers A, AAAA and PTR queries from the table in force. An address may be looked up in any zone. */
export function hostsHandler(options: HostsOptions, source: HostsSource, next: Handler): Handler {
  const { zones, ttlSeconds, fallthrough, fallthroughUnsupported } = options
  const coversAll = zones.includes(ROOT)
  return function hosts(query) {
    if (query.class !== Class.IN) return next(query)
    const { table } = source
    if (query.type === Type.PTR) {
      const names = table.namesOf(query.folded)
      return names === undefined ? next(query) : records(query, ttlSeconds, names)
    }
    if (!coversAll && matchZone(zones, query.folded) === null) return next(query)
    const addresses = table.addressesOf(query.folded)
    if (addresses === undefined) return fallsThrough(fallthrough, query.folded) ? next(query) : UNKNOWN_NAME
    if (query.type === Type.A) return records(query, ttlSeconds, addresses.ipv4)
    if (query.type === Type.AAAA) return records(query, ttlSeconds, addresses.ipv6)
    return fallthroughUnsupported && fallsThrough(fallthrough, query.folded) ? next(query) : NO_DATA
  }
}

/** Records of the type asked for, owned by the name in lower case. */
function records(query: Query, ttlSeconds: number, datas: readonly Uint8Array[]): Reply {
  if (datas.length === 0) return NO_DATA
  const answer: ResourceRecord[] = []
  for (const rdata of datas) {
    answer.push(new ResourceRecord(query.folded, query.type, Class.IN, ttlSeconds, rdata))
  }
  return reply('hosts', { flags: Flag.AA, answer })
}
