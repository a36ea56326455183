import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { failure, reply } from '#plugin/reply.ts'
import { address, soa } from '#wire/build.ts'
import { Flag, Rcode, Type } from '#wire/constants.ts'
import type { Name } from '#wire/name.ts'
import { name } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** How many records a large answer has. */
const LARGE_COUNT = 29
const UNKNOWN_TYPE = failure(Rcode.SERVFAIL)

/** What erratic answers when it does: the same address for every name, and a small zone to AXFR over a stream. */
export function erraticReply(query: Query, truncated: boolean, large: boolean): Reply {
  const answer = recordsFor(query, large)
  if (answer === null) return UNKNOWN_TYPE
  return reply('erratic', { flags: truncated ? Flag.AA | Flag.TC : Flag.AA, answer })
}

function recordsFor({ name, type, isStream }: Query, large: boolean): readonly ResourceRecord[] | null {
  const count = large ? LARGE_COUNT : 1
  if (type === Type.A) return new Array(count).fill(ipv4(name))
  if (type === Type.AAAA) return new Array(count).fill(ipv6(name))
  if (type === Type.AXFR && isStream) return [start(name), ipv4(name), ipv6(name), start(name)]
  return null
}

function ipv4(owner: Name): ResourceRecord {
  return address(owner, 0, '192.0.2.53')
}

function ipv6(owner: Name): ResourceRecord {
  return address(owner, 0, '2001:db8::53')
}

function start(owner: Name): ResourceRecord {
  const mname = name('ns.erratic.invalid')
  const rname = name('hostmaster.erratic.invalid')
  return soa(owner, 0, { mname, rname, serial: 1, refresh: 3600, retry: 600, expire: 86_400, minimum: 0 })
}
