/** A way to write octets as ASCII text (RFC 4648). */
export interface Encoding {
  readonly name: string
  format(octets: Uint8Array): string
  /** `null` when the text is not of this encoding. */
  parse(text: string): Uint8Array | null
}

const BASE32_DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUV'

/** Hexadecimal digits, upper case when written. */
export const HEX: Encoding = {
  name: 'hexadecimal digits',
  format: octets => Buffer.from(octets).toString('hex').toUpperCase(),
  parse: text => (/^(?:[0-9a-f]{2})*$/i.test(text) ? Buffer.from(text, 'hex') : null),
}

/** Base 64 with padding (RFC 4648 section 4). */
export const BASE64: Encoding = {
  name: 'base 64',
  format: octets => Buffer.from(octets).toString('base64'),
  parse: text => (/^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0 ? Buffer.from(text, 'base64') : null),
}

/** Base 32 with the extended hex alphabet and no padding (RFC 4648 section 7, RFC 5155 section 3.3). */
export const BASE32_HEX: Encoding = {
  name: 'base 32 hex',
  format: formatBase32,
  parse: parseBase32,
}

function formatBase32(octets: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const octet of octets) {
    value = ((value << 8) | octet) & 0xfff
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32_DIGITS[(value >> (bits - 5)) & 31]
  }
  return bits === 0 ? text : text + BASE32_DIGITS[(value << (5 - bits)) & 31]
}

function parseBase32(text: string): Uint8Array | null {
  const octets: number[] = []
  let bits = 0
  let value = 0
  for (const char of text.toUpperCase()) {
    const digit = BASE32_DIGITS.indexOf(char)
    if (digit < 0) return null
    value = ((value << 5) | digit) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      octets.push((value >> bits) & 0xff)
    }
  }
  // What is left over must be less than a digit, and zero.
  return bits < 5 && (value & ((1 << bits) - 1)) === 0 ? Uint8Array.from(octets) : null
}
