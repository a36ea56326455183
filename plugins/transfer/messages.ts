import type { ZoneContents } from '#plugin/zone-transfer.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** Records that a message takes, in octets without compression: as in CoreDNS, with room left for the rest of it. */
const MAX_RECORDS_OCTETS = 63_000
/** Type, class, TTL and RDLENGTH. */
const FIXED_OCTETS = 10

/**
 * The answer sections of a zone's transfer (RFC 5936 section 2.2): the SOA record, all others, the SOA record again. Each
 * is made when it is asked for; `done` is told the number of records with the last one.
 */
export function* transferMessages(
  { soa, records }: ZoneContents,
  done: (count: number) => void,
): Generator<readonly ResourceRecord[], undefined> {
  let message = [soa]
  let octets = octetsOf(soa)
  let count = 2
  for (const record of records) {
    const size = octetsOf(record)
    if (octets + size > MAX_RECORDS_OCTETS) {
      yield message
      message = []
      octets = 0
    }
    message.push(record)
    octets += size
    count++
  }
  message.push(soa)
  done(count)
  yield message
}

function octetsOf(record: ResourceRecord): number {
  return record.owner.length + FIXED_OCTETS + record.rdata.length
}
