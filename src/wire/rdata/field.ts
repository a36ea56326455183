import type { OctetBuilder } from '#wire/rdata/octet-builder.ts'
import type { WordReader } from '#wire/rdata/word-reader.ts'

/** Whether a field is a domain name, and if so whether it may be written with a pointer. */
export const NameUse = {
  NONE: 0,
  /** Written in full always; pointers are followed when received (RFC 3597 section 4). */
  PLAIN: 1,
  /** Written with pointers: the types of RFC 1035 alone. */
  COMPRESSED: 2,
} as const
export type NameUse = (typeof NameUse)[keyof typeof NameUse]

/** One kind of field in record data: how it stands on the wire and how it reads. A type's data is a list of these. */
export interface Field {
  readonly nameUse: NameUse
  /** How many octets the field at `at` takes of uncompressed data that ends at `end`; -1 when it is malformed. */
  length(octets: Uint8Array, at: number, end: number): number
  /** The well-formed field from `at` to `end` in presentation text; `null` when no text says it. */
  format(octets: Uint8Array, at: number, end: number): string | null
  /** Reads presentation text and appends the wire form; what is wrong goes to `words.fail`. */
  parse(words: WordReader, rdata: OctetBuilder): void
}
