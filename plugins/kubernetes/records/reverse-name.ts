import { isIPv4 } from 'node:net'
import type { FoldedName } from '#wire/name.ts'
import { foldName, parseName } from '#wire/name.ts'
import { ipv6Octets } from '#wire/rdata/address.ts'

/** The reverse name of an IPv4 or IPv6 address (RFC 1035 section 3.5, RFC 3596 section 2.5); `null` when it is none. */
export function reverseName(address: string): FoldedName | null {
  const text = isIPv4(address) ? `${address.split('.').reverse().join('.')}.in-addr.arpa` : reverseIpv6(address)
  const name = parseName(text)
  return name === null || text === '' ? null : foldName(name)
}

function reverseIpv6(address: string): string {
  const octets = ipv6Octets(address)
  if (octets === null) return ''
  const nibbles = Buffer.from(octets).toString('hex').split('').reverse()
  return `${nibbles.join('.')}.ip6.arpa`
}
