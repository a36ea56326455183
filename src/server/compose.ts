import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import { Flag, HEADER_OCTETS } from '#wire/constants.ts'
import type { EdnsOption } from '#wire/edns.ts'
import type { ResourceRecord } from '#wire/record.ts'
import { MessageWriter, optRecordOctets } from '#wire/writer.ts'

/** What our OPT records announce, and the most that we send over UDP: no fragments (RFC 9715). */
export const UDP_PAYLOAD_OCTETS = 1232

/** Header bits that a reply takes from its query. */
const FROM_QUERY = 0x7800 | Flag.RD | Flag.CD
/** Header bits that a plugin decides. */
const FROM_REPLY = Flag.AA | Flag.TC | Flag.RA | Flag.AD

const NO_OPTIONS: readonly EdnsOption[] = []

const writer = new MessageWriter()

/**
 * Writes the reply to `query` into `out` from `start` on and returns its length in octets; 0 when nothing is to be sent.
 * One pass compresses and truncates: records go in whole, answer first, then authority, then additional, and TC is set
 * if one is left out; the OPT record always has its place.
 */
export function compose(query: Query, reply: Reply, out: Uint8Array, start: number): number {
  if (reply.delivery === Delivery.DROPPED) return 0
  const written = reply.delivery === Delivery.WRITTEN
  const limit = query.isStream ? query.replyLimitOctets : Math.min(query.replyLimitOctets, UDP_PAYLOAD_OCTETS)
  const options = query.hasEdns && written ? reply.options : NO_OPTIONS
  const kept = FROM_QUERY & query.flags
  const flags = Flag.QR | kept | (written ? reply.flags & FROM_REPLY : 0) | (reply.rcode & 15)

  writer.reset(out, start, Math.min(limit, out.length - start))
  writer.writeHeader(query.id, flags)
  if (query.hasEdns) writer.reserve(optRecordOctets(options))
  writer.writeQuestion(query.name, query.type, query.class)
  writer.setCount(0, 1)
  additionalCount = 0
  if (written && !writeSections(reply)) writer.setSecondWord(flags | Flag.TC)
  if (query.hasEdns) {
    writer.release()
    writer.writeOpt(UDP_PAYLOAD_OCTETS, query.dnssecOk, reply.rcode, options)
    writer.setCount(3, additionalCount + 1)
  }
  return writer.lengthOctets
}

/** Writes a reply that is a header only, to a message whose `rcode` its own header decided; returns 12. */
export function composeHeader(octets: Uint8Array, from: number, rcode: number, out: Uint8Array, start: number): number {
  const id = (octets[from]! << 8) | octets[from + 1]!
  const kept = ((octets[from + 2]! << 8) | octets[from + 3]!) & (0x7800 | Flag.RD)
  writer.reset(out, start, HEADER_OCTETS)
  writer.writeHeader(id, Flag.QR | kept | rcode)
  return writer.lengthOctets
}

/** How many additional records of the reply in hand were written: the section's count is set once OPT is in. */
let additionalCount = 0

/** Writes the three sections; false when a record did not fit, which ends the message. */
function writeSections(reply: Reply): boolean {
  const ttlSeconds = reply.uniformTtlSeconds
  if (!writeSection(1, reply.answer, ttlSeconds)) return false
  if (!writeSection(2, reply.authority, ttlSeconds)) return false
  return writeSection(3, reply.additional, ttlSeconds)
}

function writeSection(section: number, records: readonly ResourceRecord[], uniformTtlSeconds: number): boolean {
  if (records.length === 0) return true
  let count = 0
  while (count < records.length) {
    const record = records[count]!
    if (!writer.writeRecord(record, uniformTtlSeconds >= 0 ? uniformTtlSeconds : record.ttlSeconds)) break
    count++
  }
  writer.setCount(section, count)
  if (section === 3) additionalCount = count
  return count === records.length
}
