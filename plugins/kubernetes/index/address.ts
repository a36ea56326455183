import { Type } from '#wire/constants.ts'
import { ipv4Octets, ipv6Octets, ipv6Text } from '#wire/rdata/address.ts'

/** An IP address of the cluster, with what records and indexes need of it. */
export interface Address {
  /** As Kubernetes writes it. */
  readonly text: string
  /** The one text form of this address: what addresses are compared by. */
  readonly key: string
  /** `Type.A` or `Type.AAAA`. */
  readonly type: number
  /** 4 or 16 octets. */
  readonly rdata: Uint8Array
}

/** Reads an IPv4 or IPv6 address; `null` when it is none. */
export function parseAddress(text: string): Address | null {
  const ipv4 = ipv4Octets(text)
  if (ipv4 !== null) return { text, key: text, type: Type.A, rdata: ipv4 }
  const ipv6 = ipv6Octets(text)
  return ipv6 === null ? null : { text, key: ipv6Text(ipv6), type: Type.AAAA, rdata: ipv6 }
}
