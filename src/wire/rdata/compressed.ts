import { Type } from '#wire/constants.ts'

/**
 * Which types have names in their data that may be written with pointers: those of RFC 1035 and no others, since a
 * receiver that does not know a type could not follow them (RFC 3597 section 4). All are numbered below 16.
 */
const nameCounts = new Uint8Array(16)
const precedingOctets = new Uint8Array(16)
const MD = 3
const MF = 4
const MB = 7
const MG = 8
const MR = 9
const MINFO = 14

for (const type of [Type.NS, MD, MF, Type.CNAME, MB, MG, MR, Type.PTR, Type.MX]) nameCounts[type] = 1
for (const type of [Type.SOA, MINFO]) nameCounts[type] = 2
precedingOctets[Type.MX] = 2

/** How many names in the data of this type may be compressed; they stand one after the other. */
export function compressedNameCount(type: number): number {
  return type < 16 ? nameCounts[type]! : 0
}

/** How many octets stand before those names. */
export function octetsBeforeNames(type: number): number {
  return type < 16 ? precedingOctets[type]! : 0
}
