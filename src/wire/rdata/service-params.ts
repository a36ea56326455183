import { unescapeText } from '#wire/escape.ts'
import type { Field } from '#wire/rdata/field.ts'
import { NameUse } from '#wire/rdata/field.ts'
import { readUint } from '#wire/rdata/number-fields.ts'
import type { OctetBuilder } from '#wire/rdata/octet-builder.ts'
import { serviceKey, serviceKeyNumber } from '#wire/rdata/service-keys.ts'
import type { WordReader } from '#wire/rdata/word-reader.ts'

const MANDATORY = 0
const ALPN = 1
const NO_DEFAULT_ALPN = 2
const NO_OCTETS = new Uint8Array(0)

/**
 * The parameters of SVCB and HTTPS up to the end of the data (RFC 9460 section 2.2): in rising order of their keys, each
 * a 16-bit key, a 16-bit length and the value.
 */
export const SERVICE_PARAMS: Field = {
  nameUse: NameUse.NONE,
  length(octets, at, end) {
    let previous = -1
    let next = at
    while (next + 4 <= end) {
      const key = readUint(octets, next, 2)
      const valueEnd = next + 4 + readUint(octets, next + 2, 2)
      if (key <= previous || valueEnd > end || !serviceKey(key).isValid(octets.subarray(next + 4, valueEnd))) return -1
      previous = key
      next = valueEnd
    }
    return next === end ? end - at : -1
  },
  format(octets, at, end) {
    const texts: string[] = []
    for (let next = at; next < end; next += 4 + readUint(octets, next + 2, 2)) {
      const key = serviceKey(readUint(octets, next, 2))
      const value = key.format(octets.subarray(next + 4, next + 4 + readUint(octets, next + 2, 2)))
      texts.push(value === null ? key.name : `${key.name}=${value}`)
    }
    return texts.join(' ')
  },
  parse(words, rdata) {
    const params = new Map<number, Uint8Array>()
    while (!words.isAtEnd && words.error === null) readParam(words, params)
    if (words.error === null) checkTogether(words, params)
    if (words.error === null) write(rdata, params)
  },
}

function readParam(words: WordReader, params: Map<number, Uint8Array>): void {
  const { text } = words.word('a parameter')
  const [, name = '', valueText = ''] = /^([^=]*)=?(.*)$/s.exec(text)!
  const number = serviceKeyNumber(name)
  if (Number.isNaN(number)) words.fail(`not a service parameter: '${name}'`)
  if (params.has(number)) words.fail(`service parameter '${name}' is given twice`)
  const value = unescapeText(valueText)
  const isGeneric = name.startsWith('key')
  const octets = value === null || isGeneric ? value : serviceKey(number).parse(value)
  if (octets === null || !serviceKey(number).isValid(octets)) words.fail(`wrong value of '${name}': '${valueText}'`)
  params.set(number, octets ?? NO_OCTETS)
}

/** What a record says must hold within itself (RFC 9460 sections 7.1.1 and 8). */
function checkTogether(words: WordReader, params: ReadonlyMap<number, Uint8Array>): void {
  if (params.has(NO_DEFAULT_ALPN) && !params.has(ALPN)) words.fail("'no-default-alpn' needs 'alpn'")
  const mandatory = params.get(MANDATORY) ?? NO_OCTETS
  for (let at = 0; at < mandatory.length; at += 2) {
    const key = readUint(mandatory, at, 2)
    if (key === MANDATORY || !params.has(key)) words.fail(`mandatory parameter '${serviceKey(key).name}' is missing`)
  }
}

function write(rdata: OctetBuilder, params: ReadonlyMap<number, Uint8Array>): void {
  for (const [key, value] of [...params].sort(([a], [b]) => a - b)) {
    rdata.u16(key).u16(value.length).octets(value)
  }
}
