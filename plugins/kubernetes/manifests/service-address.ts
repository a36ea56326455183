import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { parseAddress } from '#plugins/kubernetes/index/address.ts'
import type { IpFamily, ManifestService } from '#plugins/kubernetes/manifests/service.ts'

/** Both ranges, 10.96.0.0/12 and fd00:10:96::/108, leave this many bits to a Service. */
const OFFSET_MASK = (1 << 20) - 1
/** 10.96.0.0/24 stays free for what is given an address by hand, such as the cluster's DNS at 10.96.0.10. */
const FIRST_OFFSET = 1 << 8
/** The last address of the IPv4 range is its broadcast address. */
const LAST_OFFSET = OFFSET_MASK - 1

/**
 * The cluster addresses of Services that have any: those that are written down, and for each other family that the
 * Service is to have one made from its namespace and name. Neither the order of the Services nor that of the files makes
 * a difference, and an address that is written down anywhere is never given to another.
 */
export function clusterAddresses(services: Iterable<ManifestService>): Map<ManifestService, readonly string[]> {
  const addressed = [...services].filter(service => !service.isHeadless && service.type !== 'ExternalName')
  const taken = new Set(addressed.flatMap(service => service.clusterIps.map(addressKey)))
  const inOrder = addressed.map(service => ({ service, name: serviceName(service) })).sort(byName)
  return new Map(inOrder.map(({ service, name }) => [service, addressesOf(service, name, taken)]))
}

function addressesOf(service: ManifestService, name: string, taken: Set<string>): readonly string[] {
  return (service.ipFamilies ?? [4]).map(family => {
    const written = service.clusterIps.find(address => isIP(address) === family)
    return written ?? makeAddress(name, family, taken)
  })
}

function makeAddress(name: string, family: IpFamily, taken: Set<string>): string {
  for (let attempt = 0; ; attempt++) {
    const digest = createHash('sha256').update(`${name} ${attempt}`).digest()
    const offset = digest.readUInt32BE() & OFFSET_MASK
    const address = family === 4 ? ipv4At(offset) : ipv6At(offset)
    if (offset < FIRST_OFFSET || offset > LAST_OFFSET || taken.has(address)) continue
    taken.add(address)
    return address
  }
}

function ipv4At(offset: number): string {
  return `10.${96 + (offset >> 16)}.${(offset >> 8) & 0xff}.${offset & 0xff}`
}

function ipv6At(offset: number): string {
  const low = (offset & 0xffff).toString(16)
  return offset > 0xffff ? `fd00:10:96::${(offset >> 16).toString(16)}:${low}` : `fd00:10:96::${low}`
}

function addressKey(text: string): string {
  return parseAddress(text)?.key ?? text
}

function serviceName({ metadata }: ManifestService): string {
  return `${metadata.namespace}/${metadata.name}`
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}
