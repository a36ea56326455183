import { BlockList, isIPv6 } from 'node:net'
import type { Handler } from '#plugin/handler.ts'
import type { Logger } from '#plugin/log.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { failure, reply } from '#plugin/reply.ts'
import type { TransferableZones, ZoneContents } from '#plugin/zone-transfer.ts'
import { transferMessages } from '#plugins/transfer/messages.ts'
import type { TransferRule } from '#plugins/transfer/options.ts'
import { ruleFor } from '#plugins/transfer/rule-for.ts'
import { Flag, Opcode, Rcode, Type } from '#wire/constants.ts'
import { formatName } from '#wire/name.ts'
import { isNewerSerial } from '#wire/serial.ts'

const OVER_UDP = failure(Rcode.REFUSED)
const NOT_ALLOWED = reply('transfer', { rcode: Rcode.REFUSED })
const NO_SERIAL = failure(Rcode.SERVFAIL)
const INCOMPLETE = failure(Rcode.SERVFAIL, new Error('the zone is not yet known as a whole'))

/** Answers AXFR and IXFR queries; `zones` are asked for with each of them. */
export function transferHandler(
  rules: readonly TransferRule[],
  zones: () => readonly TransferableZones[],
  next: Handler,
  log: Logger,
): Handler {
  const allowed = new Map(rules.map(rule => [rule, allowedBy(rule)]))
  return function transfer(query) {
    const { type } = query
    if ((type !== Type.AXFR && type !== Type.IXFR) || query.opcode !== Opcode.QUERY) return next(query)
    // A source address over UDP proves nothing, and what could be sent is little.
    if (!query.isStream) return OVER_UDP
    const rule = ruleFor(rules, query.folded)
    if (rule === null) return next(query)
    if (!allowed.get(rule)!(query.peer.address)) return NOT_ALLOWED
    const offer = zones().find(each => each.zones.includes(query.folded))
    if (offer === undefined) return next(query)
    const contents = offer.contents(query.folded)
    if (contents === null) return INCOMPLETE
    return type === Type.AXFR ? wholeZone(query, contents, log) : incremental(query, contents, log)
  }
}

/** Tells which addresses may have the zones of a rule, however they are written. */
function allowedBy({ toAll, to }: TransferRule): (address: string) => boolean {
  if (toAll) return () => true
  const list = new BlockList()
  for (const { host, family } of to) list.addAddress(host.replace(/%.*$/, ''), family === 4 ? 'ipv4' : 'ipv6')
  return address => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** RFC 1995 section 2: whoever has this version or a newer one gets the SOA record, anybody else the whole zone. */
function incremental(query: Query, contents: ZoneContents, log: Logger): Reply {
  if (query.ixfrSerial < 0) return NO_SERIAL
  if (isNewerSerial(contents.serial, query.ixfrSerial)) return wholeZone(query, contents, log)
  log.info(`Outgoing noop, incremental transfer for up to date zone ${target(query)} for ${contents.serial} SOA serial`)
  return reply('transfer', { flags: Flag.AA, answer: [contents.soa] })
}

function wholeZone(query: Query, contents: ZoneContents, log: Logger): Reply {
  const to = target(query) // The query is not ours any more when the last message leaves.
  const messages = transferMessages(contents, count =>
    log.info(`Outgoing transfer of ${count} records of zone ${to} for ${contents.serial} SOA serial`),
  )
  const first = messages.next()
  return reply('transfer', { flags: Flag.AA, answer: first.value ?? [], more: messages })
}

function target(query: Query): string {
  return `"${formatName(query.folded)}" to ${query.peer.address}`
}
