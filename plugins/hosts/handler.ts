import type { Handler } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { failure, reply } from '#plugin/reply.ts'
import type { Reuse } from '#plugin/reuse.ts'
import { fallsThrough, matchZone } from '#plugin/zones.ts'
import type { HostsOptions } from '#plugins/hosts/options.ts'
import type { HostsSource } from '#plugins/hosts/source.ts'
import { Class, Flag, Rcode, Type } from '#wire/constants.ts'
import { ROOT } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

/** No zone is known to deny the name for, and so no SOA: the failure says that this server has no answer. */
const UNKNOWN_NAME = failure(Rcode.SERVFAIL)

/**
 * Answers A, AAAA and PTR queries from the table in force. An address may be looked up in any zone. `reuse` is that of all
 * replies.
 */
export function hostsHandler(options: HostsOptions, source: HostsSource, next: Handler, reuse: Reuse): Handler {
  const { zones, ttlSeconds, fallthrough, fallthroughUnsupported } = options
  const noData = reply('hosts', { flags: Flag.AA, reuse })
  const coversAll = zones.includes(ROOT)
  function answer(query: Query, datas: readonly Uint8Array[]): Reply {
    return datas.length === 0
      ? noData
      : reply('hosts', { flags: Flag.AA, answer: records(query, ttlSeconds, datas), reuse })
  }
  return function hosts(query) {
    if (query.class !== Class.IN) return next(query)
    const { table } = source
    if (query.type === Type.PTR) {
      const names = table.namesOf(query.folded)
      return names === undefined ? next(query) : answer(query, names)
    }
    if (!coversAll && matchZone(zones, query.folded) === null) return next(query)
    const addresses = table.addressesOf(query.folded)
    if (addresses === undefined) return fallsThrough(fallthrough, query.folded) ? next(query) : UNKNOWN_NAME
    if (query.type === Type.A) return answer(query, addresses.ipv4)
    if (query.type === Type.AAAA) return answer(query, addresses.ipv6)
    return fallthroughUnsupported && fallsThrough(fallthrough, query.folded) ? next(query) : noData
  }
}

/** Records of the type asked for, owned by the name in lower case. */
function records(query: Query, ttlSeconds: number, datas: readonly Uint8Array[]): readonly ResourceRecord[] {
  const records: ResourceRecord[] = []
  for (const rdata of datas) {
    records.push(new ResourceRecord(query.folded, query.type, Class.IN, ttlSeconds, rdata))
  }
  return records
}
