import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchService } from '#test/bench/peers/cluster.ts'
import { CLUSTER_ZONE, namespacesOf, TTL_SECONDS } from '#test/bench/peers/cluster.ts'
import type { Contender, Site } from '#test/bench/peers/contender.ts'
import { ALL_SETS } from '#test/bench/peers/contender.ts'
import { ordinaryCorefile } from '#test/bench/peers/servers/corefile.ts'
import { REPOSITORY } from '#test/support/source.ts'

/** What differs among the rows of Nodens. */
interface Variant {
  readonly name: string
  readonly note: string
  readonly transport?: 'udp' | 'tcp'
  readonly env?: Readonly<Record<string, string>>
  /** Further directives. */
  readonly directives?: readonly string[]
}

/** Nodens with the ordinary Corefile of clusters. */
export const nodens: Contender = contender({ name: 'nodens', note: '' }, 'nodens')

/** Nodens otherwise configured, to be compared with itself. */
export const nodensVariants: readonly Contender[] = [
  contender({ name: 'nodens-log', note: 'with `log`, standard output to /dev/null', directives: ['log'] }, 'variant'),
  contender({ name: 'nodens-tcp', note: 'pipelined over TCP', transport: 'tcp' }, 'variant'),
  contender(
    { name: 'nodens-dgram', note: 'the portable transport, node:dgram', env: { NODENS_UDP: 'dgram' } },
    'variant',
  ),
]

function contender(variant: Variant, kind: 'nodens' | 'variant'): Contender {
  return {
    name: variant.name,
    kind,
    program: process.execPath,
    versionArguments: null,
    sets: ALL_SETS,
    transport: variant.transport ?? 'udp',
    note: variant.note,
    launch: async site => {
      const file = join(site.directory, 'Corefile')
      const multisocket = site.threads > 1 ? [`multisocket ${site.threads}`] : []
      const more = [...multisocket, ...(variant.directives ?? [])]
      writeFileSync(file, await ordinaryCorefile(site, clusterDirectives(site), more))
      return { command: process.execPath, args: [`${REPOSITORY}src/main.ts`, '-conf', file], env: variant.env ?? {} }
    },
  }
}

function clusterDirectives({ directory, services }: Site): string {
  const manifests = join(directory, 'manifests')
  mkdirSync(manifests)
  for (const namespace of namespacesOf(services)) {
    const file = join(manifests, `${namespace}.json`)
    writeFileSync(file, JSON.stringify(manifest(services.filter(service => service.namespace === namespace))))
  }
  const hosts = join(directory, 'hosts')
  writeFileSync(hosts, '192.0.2.53 host.bench.internal\n')
  return `kubernetes ${CLUSTER_ZONE} in-addr.arpa ip6.arpa {
        manifests ${manifests}
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl ${TTL_SECONDS}
    }
    hosts ${hosts} {
        fallthrough
    }`
}

function manifest(services: readonly BenchService[]): unknown {
  const items = services.map(({ name, namespace, address }) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      type: 'ClusterIP',
      clusterIP: address,
      clusterIPs: [address],
      ipFamilies: ['IPv4'],
      ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    },
  }))
  return { apiVersion: 'v1', kind: 'List', items }
}
