import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import { HEADER_OCTETS } from '#wire/constants.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** Octets of type and class after a question's name. */
const QUESTION_FIXED_OCTETS = 4
/** Octets of type, class, TTL and RDLENGTH after a record's owner name. */
const RECORD_FIXED_OCTETS = 10

/**
 * The size of a reply as its plugin made it, in octets: uncompressed, whole, without the OPT record that the server adds.
 * This is what CoreDNS logs as `rsize` and observes as `coredns_dns_response_size_bytes`. 0 when nothing is sent.
 */
export function uncompressedOctets(query: Query, reply: Reply): number {
  if (reply.delivery === Delivery.DROPPED) return 0
  const octets = HEADER_OCTETS + query.name.length + QUESTION_FIXED_OCTETS
  return octets + octetsOf(reply.answer) + octetsOf(reply.authority) + octetsOf(reply.additional)
}

function octetsOf(records: readonly ResourceRecord[]): number {
  let octets = 0
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!
    octets += record.owner.length + RECORD_FIXED_OCTETS + record.rdata.length
  }
  return octets
}
