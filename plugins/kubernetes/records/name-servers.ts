import type { Address } from '#plugins/kubernetes/index/address.ts'
import type { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import { join } from '#plugins/kubernetes/records/join.ts'
import { ns } from '#wire/build.ts'
import { Class } from '#wire/constants.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

/** A name of this server and one of its addresses. */
export interface NameServer {
  /** Wire labels, zone left out. */
  readonly labels: string
  readonly address: Address
}

const DEFAULT_LABELS = '\x02ns\x03dns'

/**
 * The names of this server in the cluster: the services that have one of its own addresses as an endpoint, or `ns.dns`
 * with its own addresses when there is none.
 */
export function nameServers(cluster: Cluster, ownAddresses: readonly Address[]): readonly NameServer[] {
  const servers = new Map<string, NameServer>()
  const add = (labels: string, address: Address): void => {
    servers.set(`${labels} ${address.key}`, { labels, address })
  }
  const services = ownAddresses.flatMap(own => cluster.endpointsAt(own.key).map(endpoint => endpoint.service))
  for (const service of new Set(services)) {
    const labels = `${service.labels}\x03svc`
    for (const address of service.addresses) add(labels, address)
    if (service.state?.kind !== 'headless') continue
    for (const { label, address } of service.endpoints) add(label + labels, address)
  }
  if (servers.size === 0) for (const own of ownAddresses) add(DEFAULT_LABELS, own)
  return [...servers.values()]
}

/** The same by one name, `ns.dns`: for a multicluster zone, where those services do not exist unless they are exported. */
export function nameServersByOneName(servers: readonly NameServer[]): readonly NameServer[] {
  return addressesOf(servers).map(address => ({ labels: DEFAULT_LABELS, address }))
}

/** The NS records of a zone, one for each name, and the address records of the names, which lie in `hostZone`. */
export function nameServerRecords(
  servers: readonly NameServer[],
  owner: Name,
  hostZone: Name,
  ttlSeconds: number,
): { answer: ResourceRecord[]; additional: ResourceRecord[] } {
  const answer: ResourceRecord[] = []
  const additional: ResourceRecord[] = []
  const seen = new Set<Name>()
  for (const { labels, address } of servers) {
    const host = join(labels, hostZone)
    if (host === null) continue
    if (!seen.has(host)) answer.push(ns(owner, ttlSeconds, host))
    seen.add(host)
    additional.push(new ResourceRecord(host, address.type, Class.IN, ttlSeconds, address.rdata))
  }
  return { answer, additional }
}

/** The A or AAAA records of `ns.dns`: every address of this server's names once. */
export function nameServerAddresses(
  servers: readonly NameServer[],
  owner: Name,
  type: number,
  ttlSeconds: number,
): readonly ResourceRecord[] {
  return addressesOf(servers)
    .filter(address => address.type === type)
    .map(address => new ResourceRecord(owner, type, Class.IN, ttlSeconds, address.rdata))
}

/** The zone that this server's names lie in: a reverse zone has none of its own, so it is the primary zone there. */
export function hostZone(zoneName: Name, isReverse: boolean, primaryZone: FoldedName): Name {
  return isReverse ? primaryZone : zoneName
}

/** Every address once. */
function addressesOf(servers: readonly NameServer[]): Address[] {
  return [...new Map(servers.map(({ address }) => [address.key, address])).values()]
}
