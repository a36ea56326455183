import type { Name } from '#wire/name.ts'
import { HEX } from '#wire/rdata/encoding.ts'
import { layoutOf } from '#wire/rdata/layouts.ts'
import { OctetBuilder } from '#wire/rdata/octet-builder.ts'
import { dataLength } from '#wire/rdata/validate.ts'
import { WordReader } from '#wire/rdata/word-reader.ts'
import type { Word } from '#wire/rdata/words.ts'

const MAX_RDATA_OCTETS = 0xffff

/** Record data in presentation text; `\# 4 7F000001` when its type is not known or has no text for it (RFC 3597 section 5). */
export function formatRdata(type: number, rdata: Uint8Array): string {
  const layout = layoutOf(type)
  if (layout === undefined || dataLength(layout, rdata, 0, rdata.length) !== rdata.length) return genericText(rdata)
  const texts: string[] = []
  let at = 0
  for (const field of layout) {
    const end = at + field.length(rdata, at, rdata.length)
    const text = field.format(rdata, at, end)
    if (text === null) return genericText(rdata)
    if (text !== '') texts.push(text)
    at = end
  }
  return texts.join(' ')
}

/**
 * Reads record data from the words of presentation text, in the type's own form or that of RFC 3597. Names without final
 * dot are completed with `origin` unless it is `null`. Returns the uncompressed wire form, or in words what is wrong.
 */
export function parseRdata(type: number, words: readonly Word[], origin: Name | null): Uint8Array | string {
  if (words[0]?.text === '\\#' && !words[0].isQuoted) return parseGeneric(type, words)
  const layout = layoutOf(type)
  if (layout === undefined) return 'data of this type is written as \\# LENGTH HEX'
  const reader = new WordReader(words, origin)
  const rdata = new OctetBuilder()
  for (const field of layout) field.parse(reader, rdata)
  if (reader.error !== null) return reader.error
  if (!reader.isAtEnd) return `nothing is expected at '${reader.word('a word').text}'`
  return rdata.length <= MAX_RDATA_OCTETS ? rdata.finish() : 'data of more than 65535 octets'
}

function genericText(rdata: Uint8Array): string {
  return rdata.length === 0 ? '\\# 0' : `\\# ${rdata.length} ${HEX.format(rdata)}`
}

function parseGeneric(type: number, words: readonly Word[]): Uint8Array | string {
  const length = words[1]?.text ?? ''
  const digits = words
    .slice(2)
    .map(word => word.text)
    .join('')
  const octets = HEX.parse(digits)
  if (octets === null || !/^\d{1,5}$/.test(length) || Number(length) !== octets.length) {
    return `not '\\# LENGTH' and as many octets in hexadecimal digits: '${length} ${digits}'`
  }
  const layout = layoutOf(type)
  if (layout !== undefined && dataLength(layout, octets, 0, octets.length) !== octets.length) {
    return `malformed data: '${digits}'`
  }
  return octets.length <= MAX_RDATA_OCTETS ? Uint8Array.from(octets) : 'data of more than 65535 octets'
}
