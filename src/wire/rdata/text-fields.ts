import { quotedText, unescapeText } from '#wire/escape.ts'
import type { Field } from '#wire/rdata/field.ts'
import { NameUse } from '#wire/rdata/field.ts'
import type { OctetBuilder } from '#wire/rdata/octet-builder.ts'
import type { WordReader } from '#wire/rdata/word-reader.ts'

/** A length octet and as many octets of text (RFC 1035 section 3.3). */
export const CHARACTER_STRING: Field = {
  nameUse: NameUse.NONE,
  length: countedLength,
  format: (octets, at, end) => quotedText(octets, at + 1, end),
  parse: parseCharacterString,
}

/** Character-strings up to the end of the data. None at all is met on the wire, but cannot be written as text. */
export const CHARACTER_STRINGS: Field = {
  nameUse: NameUse.NONE,
  length(octets, at, end) {
    let next = at
    while (next < end) next += 1 + octets[next]!
    return next === end ? end - at : -1
  },
  format(octets, at, end) {
    const texts: string[] = []
    for (let next = at; next < end; next += 1 + octets[next]!) {
      texts.push(quotedText(octets, next + 1, next + 1 + octets[next]!))
    }
    return texts.length === 0 ? null : texts.join(' ')
  },
  parse(words, rdata) {
    do parseCharacterString(words, rdata)
    while (!words.isAtEnd)
  },
}

/** The rest of the data as one quoted text without length octet: a URI, a CAA value. */
export const TEXT_REST: Field = {
  nameUse: NameUse.NONE,
  length: (_, at, end) => end - at,
  format: quotedText,
  parse: (words, rdata) => void rdata.octets(textOf(words, 0xffff)),
}

/** A property tag of CAA: letters and digits, at least one, behind a length octet (RFC 8659 section 4.1). */
export const TAG: Field = {
  nameUse: NameUse.NONE,
  length(octets, at, end) {
    const length = countedLength(octets, at, end)
    if (length < 2) return -1
    for (let i = at + 1; i < at + length; i++) if (!isAlphanumeric(octets[i]!)) return -1
    return length
  },
  format: (octets, at, end) => String.fromCharCode(...octets.subarray(at + 1, end)),
  parse(words, rdata) {
    const { text } = words.word('a tag')
    if (!/^[A-Za-z0-9]{1,255}$/.test(text)) words.fail(`not a tag of letters and digits: '${text}'`)
    rdata.u8(text.length).octets(Buffer.from(text, 'latin1'))
  },
}

/** Octets of a field that begins with its length; -1 when it goes past `end`. */
export function countedLength(octets: Uint8Array, at: number, end: number): number {
  return at < end && at + 1 + octets[at]! <= end ? 1 + octets[at]! : -1
}

function parseCharacterString(words: WordReader, rdata: OctetBuilder): void {
  const octets = textOf(words, 255)
  rdata.u8(octets.length).octets(octets)
}

function textOf(words: WordReader, maxOctets: number): Uint8Array {
  const { text } = words.word('a text')
  const octets = unescapeText(text)
  if (octets === null) words.fail(`wrong escape in '${text}'`)
  else if (octets.length > maxOctets) words.fail(`text of more than ${maxOctets} octets`)
  else return octets
  return new Uint8Array(0)
}

function isAlphanumeric(octet: number): boolean {
  return (octet >= 0x30 && octet <= 0x39) || ((octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a)
}
