import type { Field } from '#wire/rdata/field.ts'
import { NameUse } from '#wire/rdata/field.ts'
import { readUint } from '#wire/rdata/number-fields.ts'
import type { WordReader } from '#wire/rdata/word-reader.ts'

const OCTETS = 16
/** Latitude and longitude are in thousandths of an arc second from this (RFC 1876 section 2). */
const MERIDIAN = 2 ** 31
const DEGREE = 3_600_000
/** Altitudes are in centimeters above a base 100 km below the reference spheroid. */
const ALTITUDE_BASE_CM = 10_000_000
const DEFAULT_SIZE_CM = 100
const DEFAULT_HORIZONTAL_CM = 1_000_000
const DEFAULT_VERTICAL_CM = 1_000

/** The data of LOC (RFC 1876): `42 21 54.000 N 71 6 18.000 W -24.00m 30m 10000m 10m`. */
export const LOCATION: Field = {
  nameUse: NameUse.NONE,
  length(octets, at, end) {
    if (at + OCTETS > end || octets[at] !== 0) return -1
    for (let i = at + 1; i < at + 4; i++) if (octets[i]! >> 4 > 9 || (octets[i]! & 15) > 9) return -1
    return OCTETS
  },
  format(octets, at) {
    const north = readUint(octets, at + 4, 4) - MERIDIAN
    const east = readUint(octets, at + 8, 4) - MERIDIAN
    if (Math.abs(north) > 90 * DEGREE || Math.abs(east) > 180 * DEGREE) return null
    const altitude = ((readUint(octets, at + 12, 4) - ALTITUDE_BASE_CM) / 100).toFixed(2)
    const sizes = [1, 2, 3].map(i => sizeText(octets[at + i]!))
    return `${angleText(north, 'N', 'S')} ${angleText(east, 'E', 'W')} ${altitude}m ${sizes.join(' ')}`
  },
  parse(words, rdata) {
    const latitude = angle(words, 90, 'N', 'S')
    const longitude = angle(words, 180, 'E', 'W')
    const altitude = centimeters(words, -ALTITUDE_BASE_CM, 0xffffffff - ALTITUDE_BASE_CM)
    const size = optionalSize(words, DEFAULT_SIZE_CM)
    const horizontal = optionalSize(words, DEFAULT_HORIZONTAL_CM)
    const vertical = optionalSize(words, DEFAULT_VERTICAL_CM)
    rdata.u8(0).u8(size).u8(horizontal).u8(vertical)
    rdata
      .u32(latitude + MERIDIAN)
      .u32(longitude + MERIDIAN)
      .u32(altitude + ALTITUDE_BASE_CM)
  },
}

function angleText(thousandths: number, positive: string, negative: string): string {
  const value = Math.abs(thousandths)
  const degrees = Math.floor(value / DEGREE)
  const minutes = Math.floor(value / 60_000) % 60
  const seconds = ((value % 60_000) / 1000).toFixed(3)
  return `${degrees} ${minutes} ${seconds} ${thousandths < 0 ? negative : positive}`
}

/** Degrees, then minutes and seconds if the hemisphere does not come before. In thousandths of an arc second. */
function angle(words: WordReader, maxDegrees: number, positive: string, negative: string): number {
  const parts: number[] = []
  for (let i = 0; i < 4; i++) {
    const { text } = words.word('a hemisphere')
    const letter = text.toUpperCase()
    if (letter === positive || letter === negative) {
      const [degrees = Number.NaN, minutes = 0, seconds = 0] = parts
      const value = degrees * DEGREE + minutes * 60_000 + Math.round(seconds * 1000)
      if (!(minutes < 60 && seconds < 60 && value <= maxDegrees * DEGREE)) break
      return letter === positive ? value : -value
    }
    parts.push((i < 2 ? /^\d{1,3}$/ : /^\d{1,2}(?:\.\d{1,3})?$/).test(text) ? Number(text) : Number.NaN)
  }
  words.fail(`not degrees, minutes and seconds followed by ${positive} or ${negative}`)
  return 0
}

function centimeters(words: WordReader, min: number, max: number): number {
  const { text } = words.word('a distance')
  const value = /^-?\d{1,10}(?:\.\d{1,2})?m?$/i.test(text) ? Math.round(Number.parseFloat(text) * 100) : Number.NaN
  if (value >= min && value <= max) return value
  words.fail(`not a distance in meters: '${text}'`)
  return 0
}

/** A distance as four bits of mantissa and four of decimal exponent, in centimeters. */
function optionalSize(words: WordReader, defaultCm: number): number {
  let mantissa = words.isAtEnd ? defaultCm : centimeters(words, 0, 9e9)
  let exponent = 0
  while (mantissa >= 10) {
    mantissa = Math.floor(mantissa / 10)
    exponent++
  }
  return (mantissa << 4) | exponent
}

function sizeText(octet: number): string {
  const cm = (octet >> 4) * 10 ** (octet & 15)
  return cm >= 100 ? `${cm / 100}m` : `${(cm / 100).toFixed(2)}m`
}
