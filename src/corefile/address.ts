import { isIP } from 'node:net'
import type { Cidr } from '#lib/cidr.ts'
import { parseCidr, splitCidr } from '#lib/cidr.ts'
import type { FoldedName } from '#wire/name.ts'
import { foldName, name, parseName, ROOT } from '#wire/name.ts'

/** What a server block's key or a zone argument says: `[SCHEME://]ZONE[:PORT]`, a CIDR for ZONE standing for its reverse zones. */
export interface ZoneAddress {
  /** Empty when none is written. */
  readonly scheme: string
  /** 1 to 128 zones. */
  readonly zones: readonly FoldedName[]
  /** `null` when none is written. */
  readonly port: number | null
}

/** The schemes that a key may start with, and the port that each has when the key names none. */
export const schemePorts: ReadonlyMap<string, number> = new Map([
  ['dns', 53],
  ['tls', 853],
  ['quic', 853],
  ['grpc', 443],
  ['https', 443],
  ['https3', 443],
])

/** Reads `[SCHEME://]ZONE[:PORT]`; a text that says what is wrong when it is none. */
export function parseZoneAddress(text: string): ZoneAddress | string {
  const scheme = [...schemePorts.keys()].find(known => text.startsWith(`${known}://`)) ?? ''
  const rest = scheme === '' ? text : text.slice(scheme.length + 3)
  const colon = rest.lastIndexOf(':')
  if (colon === rest.length - 1) return `expecting data after last colon: ${JSON.stringify(rest)}`
  const hasPort = colon >= 0 && /^[+-]?\d+$/.test(rest.slice(colon + 1))
  const port = hasPort ? Number(rest.slice(colon + 1)) : null
  if (port !== null && (port < 0 || port > 65_535)) return `port is out of range: ${rest.slice(colon + 1)}`
  const zones = zonesOfHost(hasPort ? rest.slice(0, colon) : rest)
  return typeof zones === 'string' ? zones : { scheme, zones, port }
}

/** The zones that a zone argument stands for: one name, or the reverse zones of a CIDR; a text when it is neither. */
export function zonesOf(text: string): readonly FoldedName[] | string {
  const address = parseZoneAddress(text)
  return typeof address === 'string' ? address : address.zones
}

/** What to do about a zone that `parseZoneAddress` would not take; empty when there is nothing to add. */
export function hintForZone(text: string): string {
  const scheme = /^([^:/]*):\/\//.exec(text)?.[1]
  if (scheme !== undefined && !schemePorts.has(scheme)) {
    return `unknown scheme '${scheme}': one of ${[...schemePorts.keys()].join(', ')}`
  }
  if (text === '{}') return "write '{' at the end of the line and '}' on a line of its own"
  if (text.includes(',')) return 'put a blank after the comma'
  if (text.endsWith('://')) return 'write a zone or a port after it'
  if (text.endsWith(':')) return 'write a port after the colon, or leave out the colon'
  if (/^[0:].*:.*\/\d+$/.test(text))
    return 'a CIDR of IPv6 does not start with a colon or a zero here; write the zone below ip6.arpa'
  if (/\/\d+$/.test(text)) return 'a CIDR is an address and the number of its leading bits, such as 10.0.0.0/8'
  if (text.includes('..')) return 'a label between two dots can not be empty'
  if (/:.*:/.test(text))
    return 'an address stands for a zone with the number of its leading bits, such as 2001:db8::/32'
  if (text.includes(':')) return 'a port is a number from 0 to 65535'
  return text.split('.').some(label => label.length > 63) ? 'a label has at most 63 octets' : ''
}

function zonesOfHost(host: string): readonly FoldedName[] | string {
  if (host === '') return [ROOT]
  const octets = Buffer.byteLength(host)
  if (octets > 255) return `specified zone is too long: ${octets} > 255`
  const cidr = parseCidr(host)
  if (cidr !== null) {
    return /^:|^0.*:/.test(host) ? `invalid CIDR ${host}` : splitCidr(cidr, cidr.family === 4 ? 8 : 4).map(reverseZone)
  }
  if (/\/\d+$/.test(host) && isIP(host.slice(0, host.lastIndexOf('/'))) !== 0) return `invalid CIDR ${host}`
  const parsed = parseName(host)
  // CoreDNS takes these signs as part of the name, and then serves a zone that nobody meant.
  if (parsed === null || /[,:{}]/.test(host)) return `zone is not a valid domain name: ${host}`
  return [foldName(parsed)]
}

/** The zone of a range whose prefix ends at an octet (IPv4) or a nibble (IPv6): RFC 1035 section 3.5, RFC 3596 section 2.5. */
function reverseZone({ family, network, prefixLength }: Cidr): FoldedName {
  const labels =
    family === 4
      ? [...network.subarray(0, prefixLength / 8)].map(String)
      : [
          ...Buffer.from(network)
            .toString('hex')
            .slice(0, prefixLength / 4),
        ]
  const suffix = family === 4 ? 'in-addr.arpa.' : 'ip6.arpa.'
  return foldName(name([...labels.reverse(), suffix].join('.')))
}
