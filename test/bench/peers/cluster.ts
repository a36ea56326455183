/** A Service with one address and one port, `http` over TCP. */
export interface BenchService {
  readonly name: string
  readonly namespace: string
  /** Its ClusterIP, from 10.100.0.0/16. */
  readonly address: string
}

/** The zones that all the names of the cluster lie in. */
export const CLUSTER_ZONE = 'cluster.local'
/** Reverse names of the addresses of all Services. */
export const REVERSE_ZONE = '100.10.in-addr.arpa'
/** The zone of the names outside of the cluster. */
export const EXTERNAL_ZONE = 'example.org'
/** What every name outside of the cluster has. */
export const EXTERNAL_ADDRESSES = { A: '192.0.2.1', AAAA: '2001:db8::1' } as const
/** The one port of every Service. */
export const PORT = 80
/** Time to live of all records of the cluster, in seconds. */
export const TTL_SECONDS = 30

const NAMESPACES = 100
const EXTERNAL_NAMES = 1000
const WORDS = [
  'orders',
  'payments',
  'frontend',
  'users',
  'redis',
  'search',
  'mailer',
  'inventory',
  'gateway',
  'metrics',
]

/** A cluster of so many Services, the same ones each time, spread over 100 namespaces. At most 65,000. */
export function benchCluster(count: number): readonly BenchService[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `${WORDS[i % WORDS.length]}-${i}`,
    namespace: namespaceName(i % NAMESPACES),
    address: `10.100.${(i + 1) >> 8}.${(i + 1) & 255}`,
  }))
}

/** The namespaces of a cluster, in no order. */
export function namespacesOf(services: readonly BenchService[]): readonly string[] {
  return [...new Set(services.map(({ namespace }) => namespace))]
}

/** The name of a Service, without a dot at the end. */
export function serviceName({ name, namespace }: BenchService): string {
  return `${name}.${namespace}.svc.${CLUSTER_ZONE}`
}

/** The name of the SRV record of a Service's port. */
export function portName(service: BenchService): string {
  return `_http._tcp.${serviceName(service)}`
}

/** The name of the PTR record of a Service. */
export function reverseName({ address }: BenchService): string {
  return `${address.split('.').reverse().join('.')}.in-addr.arpa`
}

/** Names outside of the cluster, for which the upstream has addresses. */
export function externalNames(): readonly string[] {
  return Array.from({ length: EXTERNAL_NAMES }, (_, i) => `api-${i}.${EXTERNAL_ZONE}`)
}

function namespaceName(index: number): string {
  return `team-${String(index).padStart(2, '0')}`
}
