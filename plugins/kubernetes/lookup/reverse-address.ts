import type { FoldedName } from '#wire/name.ts'
import { name } from '#wire/name.ts'
import { ipv6Text } from '#wire/rdata/address.ts'

const IPV4_SUFFIX = name('in-addr.arpa')
const IPV6_SUFFIX = name('ip6.arpa')
const IPV6_NIBBLES = 32

/** Whether a zone holds reverse names. */
export function isReverseZone(zone: FoldedName): boolean {
  return zone.endsWith(IPV4_SUFFIX) || zone.endsWith(IPV6_SUFFIX)
}

/** The address key that a full reverse name stands for (RFC 1035 section 3.5, RFC 3596 section 2.5); empty for others. */
export function reverseAddress(folded: FoldedName): string {
  if (folded.endsWith(IPV4_SUFFIX)) return reverseIpv4(folded, folded.length - IPV4_SUFFIX.length)
  if (folded.length === 2 * IPV6_NIBBLES + IPV6_SUFFIX.length && folded.endsWith(IPV6_SUFFIX)) {
    return reverseIpv6(folded)
  }
  return ''
}

function reverseIpv4(folded: FoldedName, end: number): string {
  let text = ''
  let count = 0
  for (let at = 0; at < end; at += 1 + folded.charCodeAt(at)) {
    const label = folded.slice(at + 1, at + 1 + folded.charCodeAt(at))
    if (++count > 4 || !isDecimalOctet(label)) return ''
    text = count === 1 ? label : `${label}.${text}`
  }
  return count === 4 ? text : ''
}

function isDecimalOctet(label: string): boolean {
  if (label.length > 3 || (label.length > 1 && label.charCodeAt(0) === 0x30)) return false
  let value = 0
  for (let i = 0; i < label.length; i++) {
    const digit = label.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return false
    value = value * 10 + digit
  }
  return value <= 255
}

function reverseIpv6(folded: FoldedName): string {
  const octets = new Uint8Array(16)
  for (let i = 0; i < IPV6_NIBBLES; i++) {
    const nibble = hexValue(folded.charCodeAt(2 * i + 1))
    if (folded.charCodeAt(2 * i) !== 1 || nibble < 0) return ''
    const at = 15 - (i >> 1)
    octets[at] = octets[at]! | ((i & 1) === 0 ? nibble : nibble << 4)
  }
  return ipv6Text(octets)
}

function hexValue(char: number): number {
  if (char >= 0x30 && char <= 0x39) return char - 0x30
  return char >= 0x61 && char <= 0x66 ? char - 0x57 : -1
}
