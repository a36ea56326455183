import type { FoldedName } from '#wire/name.ts'

const HEX = '0123456789abcdef'

/** The name that PTR queries use for an address of 4 or 16 octets (RFC 1035 section 3.5, RFC 3596 section 2.5). */
export function reverseName(address: Uint8Array): FoldedName {
  let wire = ''
  for (let i = address.length - 1; i >= 0; i--) {
    const octet = address[i]!
    if (address.length === 4) {
      const digits = String(octet)
      wire += String.fromCharCode(digits.length) + digits
    } else {
      wire += `\x01${HEX[octet & 15]}\x01${HEX[octet >> 4]}`
    }
  }
  return (wire + (address.length === 4 ? '\x07in-addr\x04arpa\0' : '\x03ip6\x04arpa\0')) as FoldedName
}
