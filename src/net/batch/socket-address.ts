import { plainAddress } from '#net/address.ts'
import { AF_INET, AF_INET6 } from '#net/batch/linux.ts'
import { ipv4Octets, ipv4Text, ipv6Octets, ipv6Text } from '#wire/rdata/address.ts'

/** Room for a `sockaddr_in` (16 octets) or `sockaddr_in6` (28), aligned. */
export const SOCKET_ADDRESS_OCTETS = 32

/** IPv4 addresses that were asked for lately, by some of their bits, and their texts: to log a query takes the text of its sender's. */
const RECENT = 256
const recentAddresses: Uint32Array = new Uint32Array(RECENT)
const recentTexts: string[] = new Array<string>(RECENT).fill('0.0.0.0')

/**
 * Writes an IP address and port as a socket address (family in 2 octets of the machine's order, port in network order,
 * then the address; IPv6 has its flow label in between) and returns its length; 0 if the text is no address.
 */
export function writeSocketAddress(into: Uint8Array, at: number, address: string, port: number): number {
  into.fill(0, at, at + SOCKET_ADDRESS_OCTETS)
  into[at + 2] = port >> 8
  into[at + 3] = port & 0xff
  const octets = ipv4Octets(address) ?? ipv6Octets(address)
  if (octets === null) return 0
  const isIpv4 = octets.length === 4
  into[at] = isIpv4 ? AF_INET : AF_INET6
  into.set(octets, at + (isIpv4 ? 4 : 8))
  return isIpv4 ? 16 : 28
}

/** The port of a socket address. */
export function socketPort(octets: Uint8Array, at: number): number {
  return (octets[at + 2]! << 8) | octets[at + 3]!
}

/** Text of the address, IPv4-mapped ones as plain IPv4. */
export function socketAddress(octets: Uint8Array, at: number): string {
  return octets[at] === AF_INET ? recentIpv4Text(octets, at + 4) : plainAddress(ipv6Text(octets, at + 8))
}

/** Whether the address is IPv4, mapped or not, without making text of it. */
export function socketFamily(octets: Uint8Array, at: number): 4 | 6 {
  return octets[at] === AF_INET || isMapped(octets, at + 8) ? 4 : 6
}

function recentIpv4Text(octets: Uint8Array, at: number): string {
  const address = (octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!
  const slot = (address ^ (address >>> 8)) & (RECENT - 1)
  if (recentAddresses[slot] !== address >>> 0) {
    recentAddresses[slot] = address
    recentTexts[slot] = ipv4Text(octets, at)
  }
  return recentTexts[slot]!
}

function isMapped(octets: Uint8Array, at: number): boolean {
  if (octets[at + 10] !== 0xff || octets[at + 11] !== 0xff) return false
  for (let i = at; i < at + 10; i++) if (octets[i] !== 0) return false
  return true
}
