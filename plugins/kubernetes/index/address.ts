import { Type } from '#wire/constants.ts'
import { ipv4Octets, ipv6Octets, ipv6Text } from '#wire/rdata/address.ts'

const DOT = 0x2e
const ZERO = 0x30

/** An IP address of the cluster. There may be hundreds of thousands: it holds no more than its text. */
export class Address {
  /** As Kubernetes writes it. */
  readonly text: string
  /** The one text form of this address: what addresses are compared by. */
  readonly key: string
  /** `Type.A` or `Type.AAAA`. */
  readonly type: number

  constructor(text: string, key: string, type: number) {
    this.text = text
    this.key = key
    this.type = type
  }

  /** 4 or 16 octets, made anew. */
  get rdata(): Uint8Array {
    return this.type === Type.A ? dottedOctets(this.key) : ipv6Octets(this.key)!
  }
}

/** Reads an IPv4 or IPv6 address; `null` when it is none. */
export function parseAddress(text: string): Address | null {
  if (ipv4Octets(text) !== null) return new Address(text, text, Type.A)
  const ipv6 = ipv6Octets(text)
  return ipv6 === null ? null : new Address(text, ipv6Text(ipv6), Type.AAAA)
}

/** The octets of a text that is known to be an IPv4 address; a headless service may have thousands to write at once. */
function dottedOctets(text: string): Uint8Array {
  const octets = new Uint8Array(4)
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === DOT) at++
    else octets[at] = octets[at]! * 10 + char - ZERO
  }
  return octets
}
