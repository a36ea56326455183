import { typeName, typeNumber } from '#wire/constants.ts'
import type { Field } from '#wire/rdata/field.ts'
import { NameUse } from '#wire/rdata/field.ts'
import { U16 } from '#wire/rdata/number-fields.ts'
import type { WordReader } from '#wire/rdata/word-reader.ts'

/** A record type as its mnemonic: what an RRSIG covers. */
export const TYPE: Field = {
  ...U16,
  format: (octets, at) => typeName((octets[at]! << 8) | octets[at + 1]!),
  parse: (words, rdata) => void rdata.u16(typeOf(words)),
}

/**
 * The types that exist at a name, up to the end of the data (RFC 4034 section 4.1.2): windows in rising order, each a
 * number, a length from 1 to 32 and as many octets of bits.
 */
export const TYPE_BITMAP: Field = {
  nameUse: NameUse.NONE,
  length(octets, at, end) {
    let window = -1
    let next = at
    while (next + 2 < end) {
      const length = octets[next + 1]!
      if (octets[next]! <= window || length === 0 || length > 32) return -1
      window = octets[next]!
      next += 2 + length
    }
    return next === end ? end - at : -1
  },
  format: (octets, at, end) => typesOf(octets, at, end).map(typeName).join(' '),
  parse(words, rdata) {
    const types = new Set<number>()
    while (!words.isAtEnd) types.add(typeOf(words))
    for (let window = 0; window < 256; window++) {
      const bits = new Uint8Array(32)
      let length = 0
      for (const type of types) {
        if (type >> 8 !== window) continue
        const place = (type & 0xff) >> 3
        bits[place] = bits[place]! | (0x80 >> (type & 7))
        length = Math.max(length, place + 1)
      }
      if (length > 0) rdata.u8(window).u8(length).octets(bits.subarray(0, length))
    }
  },
}

function typeOf(words: WordReader): number {
  const { text } = words.word('a record type')
  const type = typeNumber(text)
  if (type === undefined) words.fail(`not a record type: '${text}'`)
  return type ?? 0
}

function typesOf(octets: Uint8Array, at: number, end: number): number[] {
  const types: number[] = []
  for (let next = at; next < end; next += 2 + octets[next + 1]!) {
    for (let bit = 0; bit < 8 * octets[next + 1]!; bit++) {
      if ((octets[next + 2 + (bit >> 3)]! & (0x80 >> (bit & 7))) !== 0) types.push((octets[next]! << 8) | bit)
    }
  }
  return types
}
