import { plainAddress } from '#net/address.ts'
import { IP_PKTINFO, IPPROTO_IP, IPPROTO_IPV6, IPV6_PKTINFO } from '#net/batch/linux.ts'
import { ipv4Text, ipv6Text } from '#wire/rdata/address.ts'

/**
 * Control octets of a message on a wildcard socket: one `cmsghdr` (length in 8 octets, level and type in 4 each) with an
 * `in_pktinfo` (interface, our address, address in the header: 4 octets each) or an `in6_pktinfo` (address in 16 octets,
 * interface in 4). The kernel gives it with a query; given back with the reply, it makes the reply leave from the address
 * that the query was sent to.
 */
export const CONTROL_OCTETS = 48

const DATA = 16

/**
 * Makes the control octets of a query fit for its reply, and returns their length; 0 if the reply is to go without, as
 * one to a multicast query must. The interface is cleared: routes choose it, not where the query came in.
 */
export function turnAround(control: Uint8Array, at: number, length: number): number {
  if (length === 0) return 0
  if (isIpv6(control, at)) {
    if (control[at + DATA] === 0xff) return 0
    control.fill(0, at + DATA + 16, at + DATA + 20)
    return 40 // CMSG_SPACE of 20 octets.
  }
  if (!isIpv4(control, at)) return 0
  control.fill(0, at + DATA, at + DATA + 4)
  return 32 // CMSG_SPACE of 12 octets.
}

/** Text of the address that the query was sent to; empty if the kernel did not say. */
export function destination(control: Uint8Array, at: number, length: number): string {
  if (length === 0) return ''
  if (isIpv6(control, at)) return plainAddress(ipv6Text(control, at + DATA))
  return isIpv4(control, at) ? ipv4Text(control, at + DATA + 8) : ''
}

function isIpv6(control: Uint8Array, at: number): boolean {
  return control[at + 8] === IPPROTO_IPV6 && control[at + 12] === IPV6_PKTINFO
}

function isIpv4(control: Uint8Array, at: number): boolean {
  return control[at + 8] === IPPROTO_IP && control[at + 12] === IP_PKTINFO
}
