import type { Field } from '#wire/rdata/field.ts'
import { NameUse } from '#wire/rdata/field.ts'
import { readUint } from '#wire/rdata/number-fields.ts'

/** The options of an OPT record up to the end of the data (RFC 6891 section 6.1.2). They have no presentation text. */
export const EDNS_OPTIONS: Field = {
  nameUse: NameUse.NONE,
  length(octets, at, end) {
    let next = at
    while (next + 4 <= end) next += 4 + readUint(octets, next + 2, 2)
    return next === end ? end - at : -1
  },
  format: () => null,
  parse: words => words.fail('OPT is not written in text'),
}
