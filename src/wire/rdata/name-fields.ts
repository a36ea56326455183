import { MAX_NAME_OCTETS } from '#wire/constants.ts'
import { formatName, nameFromOctets } from '#wire/name.ts'
import type { Field } from '#wire/rdata/field.ts'
import { NameUse } from '#wire/rdata/field.ts'

/** A domain name that is written with a pointer where that saves octets. */
export const COMPRESSED_NAME: Field = nameField(NameUse.COMPRESSED)
/** A domain name that is always written in full. */
export const PLAIN_NAME: Field = nameField(NameUse.PLAIN)

/** Octets of the uncompressed name at `at` of data that ends at `end`; -1 if there is none. */
export function nameOctetsAt(octets: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + MAX_NAME_OCTETS)
  for (let i = at; i < limit; ) {
    const octet = octets[i]!
    if (octet === 0) return i + 1 - at
    if (octet > 63) return -1
    i += 1 + octet
  }
  return -1
}

function nameField(nameUse: NameUse): Field {
  return {
    nameUse,
    length: nameOctetsAt,
    format: (octets, at, end) => formatName(nameFromOctets(octets, at, end)),
    parse: (words, rdata) => void rdata.name(words.name('a domain name')),
  }
}
