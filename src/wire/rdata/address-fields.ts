import { ipv4Octets, ipv4Text, ipv6Octets, ipv6Text } from '#wire/rdata/address.ts'
import type { Field } from '#wire/rdata/field.ts'
import { NameUse } from '#wire/rdata/field.ts'

/** An IPv4 address. */
export const IPV4: Field = addressField(4, 'an IPv4 address', ipv4Text, ipv4Octets)
/** An IPv6 address. */
export const IPV6: Field = addressField(16, 'an IPv6 address', ipv6Text, ipv6Octets)

function addressField(
  octetCount: number,
  what: string,
  format: (octets: Uint8Array, at: number) => string,
  parse: (text: string) => Uint8Array | null,
): Field {
  return {
    nameUse: NameUse.NONE,
    length: (_, at, end) => (at + octetCount <= end ? octetCount : -1),
    format,
    parse(words, rdata) {
      const { text } = words.word(what)
      const octets = parse(text)
      if (octets === null) words.fail(`not ${what}: '${text}'`)
      else rdata.octets(octets)
    },
  }
}
