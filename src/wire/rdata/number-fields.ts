import type { Field } from '#wire/rdata/field.ts'
import { NameUse } from '#wire/rdata/field.ts'
import type { OctetBuilder } from '#wire/rdata/octet-builder.ts'
import { parsePeriodSeconds } from '#wire/rdata/period.ts'
import type { WordReader } from '#wire/rdata/word-reader.ts'

/** A number of 8 bits. */
export const U8: Field = number(1)
/** A number of 16 bits. */
export const U16: Field = number(2)
/** A number of 32 bits. */
export const U32: Field = number(4)
/** A number of 48 bits: TSIG's time in seconds. */
export const U48: Field = number(6)

/** A time span of 32 bits in seconds, which text may give with units: `1h30m`. */
export const PERIOD: Field = {
  ...U32,
  parse(words, rdata) {
    const { text } = words.word('a time')
    const seconds = parsePeriodSeconds(text)
    if (seconds === null) words.fail(`not a time of at most 4294967295 seconds: '${text}'`)
    rdata.u32(seconds ?? 0)
  },
}

/** A point in time of 32 bits in seconds since 1970, as `YYYYMMDDHHmmSS` (RFC 4034 section 3.2); a number is read too. */
export const TIME: Field = {
  ...U32,
  format(octets, at) {
    return new Date(readUint(octets, at, 4) * 1000).toISOString().replace(/\..*|[-:T]/g, '')
  },
  parse(words, rdata) {
    const { text } = words.word('a time')
    const seconds = text.length === 14 ? secondsOf(text) : /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (!(seconds >= 0 && seconds <= 0xffffffff)) words.fail(`not a time as YYYYMMDDHHmmSS: '${text}'`)
    rdata.u32(seconds)
  },
}

/** A number of `octets` octets with names: both are read; the name is printed if `printsName`. */
export function mnemonic(octets: 1 | 2, registry: Readonly<Record<string, number>>, printsName: boolean): Field {
  const plain = number(octets)
  const names = new Map(Object.entries(registry).map(([name, value]) => [value, name]))
  return {
    ...plain,
    format(data, at, end) {
      return (printsName ? names.get(readUint(data, at, octets)) : undefined) ?? plain.format(data, at, end)
    },
    parse(words, rdata) {
      const { text } = words.word('a number or name')
      const value = Object.hasOwn(registry, text.toUpperCase()) ? registry[text.toUpperCase()]! : decimal(text)
      const max = 2 ** (8 * octets) - 1
      if (!(value <= max)) words.fail(`neither a known name nor a number from 0 to ${max}: '${text}'`)
      writeUint(rdata, value, octets)
    },
  }
}

/** The number of `width` octets at `at`. */
export function readUint(octets: Uint8Array, at: number, width: number): number {
  let value = 0
  for (let i = at; i < at + width; i++) value = value * 256 + octets[i]!
  return value
}

function number(width: number): Field {
  return {
    nameUse: NameUse.NONE,
    length: (_, at, end) => (at + width <= end ? width : -1),
    format: (octets, at) => String(readUint(octets, at, width)),
    parse(words: WordReader, rdata: OctetBuilder) {
      writeUint(rdata, words.uint('a number', 2 ** (8 * width) - 1), width)
    },
  }
}

function writeUint(rdata: OctetBuilder, value: number, width: number): void {
  for (let i = width - 1; i >= 0; i--) rdata.u8(Math.floor(value / 256 ** i) % 256)
}

function decimal(text: string): number {
  return /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
}

function secondsOf(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text)
  if (match === null) return Number.NaN
  const iso = `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}.000Z`
  const date = new Date(iso)
  // A day such as February 30 would roll over into the next month.
  return !Number.isNaN(date.getTime()) && date.toISOString() === iso ? date.getTime() / 1000 : Number.NaN
}
