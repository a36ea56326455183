import { NameUse } from '#wire/rdata/field.ts'
import { layoutOf } from '#wire/rdata/layouts.ts'
import { dataLength } from '#wire/rdata/validate.ts'

/** All types with names that may be compressed are numbered below this: they are those of RFC 1035. */
const COMPRESSED_BELOW = 16
const ZEROS = new Uint8Array(16)
const nameCounts = new Uint8Array(COMPRESSED_BELOW)
const precedingOctets = new Uint8Array(COMPRESSED_BELOW)

for (let type = 0; type < COMPRESSED_BELOW; type++) {
  const layout = layoutOf(type) ?? []
  const first = layout.findIndex(field => field.nameUse === NameUse.COMPRESSED)
  if (first < 0) continue
  nameCounts[type] = layout.filter(field => field.nameUse === NameUse.COMPRESSED).length
  // Whatever stands before the names is a number, whose length is the same in all data.
  precedingOctets[type] = dataLength(layout.slice(0, first), ZEROS, 0, ZEROS.length)
}

/** How many names in the data of this type may be written with pointers; they stand one after the other. */
export function compressedNameCount(type: number): number {
  return type < COMPRESSED_BELOW ? nameCounts[type]! : 0
}

/** How many octets stand before those names. */
export function octetsBeforeNames(type: number): number {
  return type < COMPRESSED_BELOW ? precedingOctets[type]! : 0
}
