import type { Query } from '#plugin/query.ts'
import { HEADER_OCTETS, MAX_NAME_OCTETS, MIN_UDP_OCTETS, Type } from '#wire/constants.ts'
import { MAX_EDNS_OPTIONS } from '#wire/edns.ts'
import { WireFailure } from '#wire/failure.ts'
import { NameReader } from '#wire/question.ts'

const names = new NameReader()
const NO_OCTETS = new Uint8Array(0)
/** The five numbers that SOA data end with (RFC 1035 section 3.3.13). */
const SOA_NUMBERS_OCTETS = 20
/** Type to RDLENGTH, two names, the numbers. */
const MIN_SOA_OCTETS = 10 + 2 + SOA_NUMBERS_OCTETS

/**
 * Reads an admitted message into `query`: header, question, what its OPT record says, and the serial of an IXFR query. The
 * EDNS options stay a view of `octets`. Other records are stepped over, so that a message whose records do not fit its length is refused. Octets after
 * the last record are tolerated.
 */
export function readQuery(query: Query, octets: Uint8Array, start: number, end: number): WireFailure {
  query.id = (octets[start]! << 8) | octets[start + 1]!
  query.flags = (octets[start + 2]! << 8) | octets[start + 3]!
  query.sizeOctets = end - start
  const afterName = names.read(octets, start, start + HEADER_OCTETS, end)
  if (afterName < 0) return -afterName as WireFailure
  if (afterName + 4 > end) return WireFailure.SHORT
  query.name = names.name
  query.folded = names.folded
  query.type = (octets[afterName]! << 8) | octets[afterName + 1]!
  query.class = (octets[afterName + 2]! << 8) | octets[afterName + 3]!
  query.hasEdns = false
  query.ednsVersion = 0
  query.udpSizeOctets = MIN_UDP_OCTETS
  query.dnssecOk = false
  query.ednsOptions = NO_OCTETS
  query.ixfrSerial = -1
  query.depth = 0
  query.deadlineMs = Number.POSITIVE_INFINITY
  const records = octets[start + 7]! + octets[start + 9]!
  const additional = octets[start + 11]!
  return records + additional === 0
    ? WireFailure.NONE
    : readRecords(query, octets, start, afterName + 4, end, records, additional)
}

function readRecords(
  query: Query,
  octets: Uint8Array,
  start: number,
  from: number,
  end: number,
  records: number,
  additional: number,
): WireFailure {
  let at = from
  for (let i = 0; i < records + additional; i++) {
    const owner = at
    at = skipName(octets, start, at, end)
    if (at < 0) return -at as WireFailure
    if (at + 10 > end) return WireFailure.SHORT
    const type = (octets[at]! << 8) | octets[at + 1]!
    const dataEnd = at + 10 + ((octets[at + 8]! << 8) | octets[at + 9]!)
    if (dataEnd > end) return WireFailure.SHORT
    if (type === Type.OPT) {
      if (i < records || query.hasEdns || octets[owner] !== 0) return WireFailure.OPT
      const failure = readOpt(query, octets, at, dataEnd)
      if (failure !== WireFailure.NONE) return failure
    } else if (type === Type.SOA && query.type === Type.IXFR && i < records && dataEnd - at >= MIN_SOA_OCTETS) {
      query.ixfrSerial = readUint32(octets, dataEnd - SOA_NUMBERS_OCTETS)
    }
    at = dataEnd
  }
  return WireFailure.NONE
}

/** `at` is the OPT record's type field: type, UDP size, extended rcode, version, flags, RDLENGTH, options. */
function readOpt(query: Query, octets: Uint8Array, at: number, dataEnd: number): WireFailure {
  query.hasEdns = true
  const size = (octets[at + 2]! << 8) | octets[at + 3]!
  query.udpSizeOctets = size < MIN_UDP_OCTETS ? MIN_UDP_OCTETS : size
  query.ednsVersion = octets[at + 5]!
  query.dnssecOk = (octets[at + 6]! & 0x80) !== 0
  if (at + 10 === dataEnd) return WireFailure.NONE
  query.ednsOptions = octets.subarray(at + 10, dataEnd)
  let count = 0
  for (let option = at + 10; option < dataEnd; count++) {
    if (option + 4 > dataEnd || count === MAX_EDNS_OPTIONS) return WireFailure.OPT
    option += 4 + ((octets[option + 2]! << 8) | octets[option + 3]!)
    if (option > dataEnd) return WireFailure.OPT
  }
  return WireFailure.NONE
}

function readUint32(octets: Uint8Array, at: number): number {
  return ((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) >>> 0
}

/** The offset after the name at `at`, or a failure's negative. A pointer ends a name, and must point backward. */
function skipName(octets: Uint8Array, start: number, from: number, end: number): number {
  let at = from
  while (at < end) {
    if (at - from >= MAX_NAME_OCTETS) return -WireFailure.NAME_TOO_LONG
    const length = octets[at]!
    if (length === 0) return at + 1
    if (length >= 0xc0) {
      if (at + 2 > end) return -WireFailure.SHORT
      const target = start + (((length & 0x3f) << 8) | octets[at + 1]!)
      return target < at && target >= start + HEADER_OCTETS ? at + 2 : -WireFailure.POINTER
    }
    if (length > 63) return -WireFailure.LABEL_TYPE
    at += 1 + length
  }
  return -WireFailure.SHORT
}
