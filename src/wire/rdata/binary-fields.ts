import type { Encoding } from '#wire/rdata/encoding.ts'
import { BASE32_HEX, BASE64, HEX } from '#wire/rdata/encoding.ts'
import type { Field } from '#wire/rdata/field.ts'
import { NameUse } from '#wire/rdata/field.ts'
import { readUint } from '#wire/rdata/number-fields.ts'
import { countedLength } from '#wire/rdata/text-fields.ts'

const NO_OCTETS = new Uint8Array(0)

/** The rest of the data in hexadecimal digits. */
export const HEX_REST: Field = rest(HEX)
/** The rest of the data in base 64. */
export const BASE64_REST: Field = rest(BASE64)
/** A length octet and as many octets in hexadecimal digits, `-` for none: the salt of NSEC3 (RFC 5155 section 3.3). */
export const HEX_COUNTED: Field = counted(HEX, '-')
/** A length octet and as many octets in base 32 hex: the next owner of NSEC3. */
export const BASE32_COUNTED: Field = counted(BASE32_HEX, null)

/** A 16-bit length and as many octets, printed as the length and, unless it is 0, base 64 (RFC 8945, RFC 2930). */
export const BASE64_SIZED: Field = {
  nameUse: NameUse.NONE,
  length(octets, at, end) {
    if (at + 2 > end) return -1
    const length = 2 + readUint(octets, at, 2)
    return at + length <= end ? length : -1
  },
  format: (octets, at, end) => `${end - at - 2} ${BASE64.format(octets.subarray(at + 2, end))}`.trimEnd(),
  parse(words, rdata) {
    const size = words.uint('a size', 0xffff)
    const octets = size === 0 ? NO_OCTETS : BASE64.parse(words.word('data in base 64').text)
    if (octets === null || octets.length !== size) words.fail(`not ${size} octets in base 64`)
    rdata.u16(size).octets(octets ?? NO_OCTETS)
  },
}

/** A fixed count of octets as pairs of hexadecimal digits with dashes: EUI-48 and EUI-64 (RFC 7043). */
export function hexPairs(octetCount: number): Field {
  return hexGroups(octetCount, 1, '-', /^[0-9a-f]{2}$/i, group => group.padStart(2, '0'))
}

/** Eight octets as four groups of up to four hexadecimal digits with colons: an ILNP identifier (RFC 6742). */
export const HEX_QUADS: Field = hexGroups(8, 2, ':', /^[0-9a-f]{1,4}$/i, group => group)

function hexGroups(
  octetCount: number,
  groupOctets: 1 | 2,
  separator: string,
  pattern: RegExp,
  pad: (group: string) => string,
): Field {
  return {
    nameUse: NameUse.NONE,
    length: (_, at, end) => (at + octetCount <= end ? octetCount : -1),
    format(octets, at, end) {
      const groups: string[] = []
      for (let i = at; i < end; i += groupOctets) groups.push(pad(readUint(octets, i, groupOctets).toString(16)))
      return groups.join(separator)
    },
    parse(words, rdata) {
      const { text } = words.word('hexadecimal digits')
      const groups = text.split(separator)
      if (groups.length !== octetCount / groupOctets || !groups.every(group => pattern.test(group))) {
        words.fail(`not ${octetCount} octets in hexadecimal digits with '${separator}': '${text}'`)
      }
      for (const group of groups) {
        const value = Number.parseInt(group, 16)
        if (groupOctets === 1) rdata.u8(value)
        else rdata.u16(value)
      }
    },
  }
}

/** No octets are met on the wire, but cannot be written as text. */
function rest(encoding: Encoding): Field {
  return {
    nameUse: NameUse.NONE,
    length: (_, at, end) => end - at,
    format: (octets, at, end) => (at === end ? null : encoding.format(octets.subarray(at, end))),
    parse(words, rdata) {
      const text = words.restText()
      const octets = text === '' ? null : encoding.parse(text)
      if (octets === null) words.fail(`not data in ${encoding.name}: '${text}'`)
      else rdata.octets(octets)
    },
  }
}

function counted(encoding: Encoding, none: string | null): Field {
  return {
    nameUse: NameUse.NONE,
    length: countedLength,
    format: (octets, at, end) => (end - at === 1 ? none : encoding.format(octets.subarray(at + 1, end))),
    parse(words, rdata) {
      const { text } = words.word(`data in ${encoding.name}`)
      const octets = text === none ? NO_OCTETS : encoding.parse(text)
      if (octets === null || octets.length > 255) words.fail(`not up to 255 octets in ${encoding.name}: '${text}'`)
      else rdata.u8(octets.length).octets(octets)
    },
  }
}
