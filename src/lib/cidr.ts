import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A range of IP addresses that share their first bits. */
export interface Cidr {
  readonly family: 4 | 6
  /** The address with all bits after the prefix cleared: 4 or 16 octets. */
  readonly network: Uint8Array
  /** How many bits count: 0 to 32, or to 128. */
  readonly prefixLength: number
}

/** The octets of an IP address, 4 or 16; `null` if the text is none, or carries a zone (`%eth0`). */
export function addressOctets(text: string): Uint8Array | null {
  if (isIP(text) === 0 || text.includes('%')) return null
  return Uint8Array.from(ipaddr.parse(text).toByteArray())
}

/** Reads `10.0.0.0/8` or `2001:db8::/32`, host bits allowed; `null` if the text is no CIDR. */
export function parseCidr(text: string): Cidr | null {
  const [, address, length] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const octets = address === undefined ? null : addressOctets(address)
  const prefixLength = Number(length)
  if (octets === null || prefixLength > octets.length * 8) return null
  return { family: octets.length === 4 ? 4 : 6, network: clearHostBits(octets, prefixLength), prefixLength }
}

/** Whether an address (4 or 16 octets) lies in the range; one of the other family never does. */
export function cidrContains(cidr: Cidr, octets: Uint8Array): boolean {
  if (octets.length !== cidr.network.length) return false
  const whole = cidr.prefixLength >> 3
  for (let i = 0; i < whole; i++) {
    if (octets[i] !== cidr.network[i]) return false
  }
  const rest = cidr.prefixLength & 7
  return rest === 0 || (octets[whole]! ^ cidr.network[whole]!) >> (8 - rest) === 0
}

/** The ranges that make up `cidr` with the prefix length rounded up to a multiple of `bits` (4 or 8): 1 to 128 of them. */
export function splitCidr(cidr: Cidr, bits: 4 | 8): Cidr[] {
  const prefixLength = Math.ceil(cidr.prefixLength / bits) * bits
  const count = 2 ** (prefixLength - cidr.prefixLength)
  const at = (prefixLength - 1) >> 3
  const step = 1 << (8 * (at + 1) - prefixLength)
  return Array.from({ length: count }, (_, index) => {
    const network = Uint8Array.from(cidr.network)
    if (index > 0) network[at]! += index * step
    return { family: cidr.family, network, prefixLength }
  })
}

function clearHostBits(octets: Uint8Array, prefixLength: number): Uint8Array {
  return octets.map((octet, i) => {
    const kept = Math.min(8, Math.max(0, prefixLength - 8 * i))
    return octet & (0xff << (8 - kept))
  })
}
