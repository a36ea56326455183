import { isIP } from 'node:net'
import type { Argument } from '#corefile/argument.ts'
import type { UpstreamAddress } from '#net/upstream/address.ts'
import { splitHostPort, upstreamAddress } from '#net/upstream/address.ts'
import { parseName } from '#wire/name.ts'

/** Where queries go (a TO): an address, a file of `nameserver` lines, or a name that is looked up at startup. */
export type Target =
  | { readonly kind: 'address'; readonly address: UpstreamAddress }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'host'; readonly text: string; readonly host: string; readonly port: number }

const DNS_PORT = 53
const encrypted = new Set(['tls', 'https'])

/** Reads a TO. Nothing is opened: whether a file exists and what a name resolves to shows at startup. */
export function readTarget(argument: Argument): Target {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\//.exec(argument.text)
  const rest = scheme === null ? argument.text : argument.text.slice(scheme[0].length)
  if (scheme !== null && scheme[1] !== 'dns') refuseScheme(argument, scheme[1]!.toLowerCase())
  if (scheme === null && rest.includes('/')) return { kind: 'file', path: rest }
  const split = splitHostPort(rest, DNS_PORT)
  if (split === null)
    argument.fail(`not an IP address or file: "${argument.text}"`, 'IP, IP:PORT, [IPv6]:PORT or a path')
  const address = upstreamAddress(split.host, split.port)
  if (address !== null) return { kind: 'address', address }
  if (split.host.includes('%') || split.host.includes('/') || parseName(split.host) === null) {
    argument.fail(`not an IP address or file: "${argument.text}"`, 'IP, IP:PORT, [IPv6]:PORT or a path')
  }
  return { kind: 'host', text: rest, ...split }
}

/** Reads the address of a DNS server that is no TO, port 53 unless it says so. */
export function readServerAddress(argument: Argument): UpstreamAddress {
  const split = splitHostPort(argument.text, DNS_PORT)
  const address = split === null ? null : upstreamAddress(split.host, split.port)
  return address ?? argument.fail(`not an IP address: "${argument.text}"`)
}

/** The upstreams that the text of a resolv.conf names; lines that are not understood are left out, as resolvers do. */
export function nameservers(text: string): UpstreamAddress[] {
  const addresses: UpstreamAddress[] = []
  for (const line of text.split('\n')) {
    const [keyword, server] = line.trim().split(/\s+/)
    if (keyword !== 'nameserver' || server === undefined) continue
    const address = isIP(server.replace(/%[^%]+$/, '')) === 0 ? null : upstreamAddress(server, DNS_PORT)
    if (address !== null) addresses.push(address)
  }
  return addresses
}

function refuseScheme(argument: Argument, scheme: string): never {
  if (encrypted.has(scheme)) {
    argument.fail(`'${scheme}://' upstreams are not part of this version`, 'use an upstream without encryption')
  }
  return argument.fail(`'${scheme}' is not supported as a destination protocol in forward`)
}
