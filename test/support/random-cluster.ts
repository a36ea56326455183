import type { Ask } from '#test/support/client.ts'
import type { SeededRandom } from '#test/support/random.ts'
import { Flag, OptionCode } from '#wire/constants.ts'

/** Lines that a random Corefile may have, outermost first; `kubernetes` and `prometheus` are always there. */
const LINES: readonly string[] = [
  'nsid here',
  'bufsize 700',
  'errors',
  'log',
  'local',
  'any',
  'loadbalance',
  'cache',
  'header {\n  response set ra\n }',
  'minimal',
  'hosts hosts.txt {\n  10.9.0.1 a.example\n  10.9.0.2 a.example\n  fallthrough\n }',
]

/** What `cache` in a random Corefile stands for. Between queries there is no gap as long as a window: those count to the second. */
const CACHES: readonly string[] = [
  'cache 30',
  'cache 30 {\n  disable success cluster.local\n  disable denial cluster.local\n }',
  'cache {\n  success 2000 20 0\n  keepttl\n }',
  'cache 30 {\n  prefetch 1 24h\n }',
  'cache 20 {\n  prefetch 3 24h 50%\n  serve_stale 1h immediate 5s\n }',
  'cache 20 {\n  keepttl\n  prefetch 2 24h\n  serve_stale 1h verify\n  serve_stale_policy prefer_positive\n }',
]

const NAMES: readonly string[] = [
  'web.default.svc.cluster.local',
  'WEB.default.svc.Cluster.local',
  'db.default.svc.cluster.local',
  'db-0.db.default.svc.cluster.local',
  '_sql._tcp.db.default.svc.cluster.local',
  'ext.default.svc.cluster.local',
  'inner.default.svc.cluster.local',
  'missing.default.svc.cluster.local',
  'default.svc.cluster.local',
  'cluster.local',
  'ns.dns.cluster.local',
  'dns-version.cluster.local',
  '1-2-3-4.default.pod.cluster.local',
  'web.default.svc.clusterset.local',
  'db.default.svc.clusterset.local',
  'db-0.east.db.default.svc.ClusterSet.local',
  'east.db.default.svc.clusterset.local',
  '_sql._tcp.db.default.svc.clusterset.local',
  'z1.pin._zone.db.default.svc.cluster.local',
  'Z1.prefer._zone.db.default.svc.cluster.local',
  'rack.row.prefer._zone.db.default.svc.cluster.local',
  'z9.prefer._zone.db.default.svc.cluster.local',
  '_zone.db.default.svc.cluster.local',
  'z1.pin._zone.db.default.svc.clusterset.local',
  '_zone.db.default.svc.clusterset.local',
  'near.default.svc.cluster.local',
  'far.default.svc.cluster.local',
  'clusterset.local',
  '7.0.96.10.in-addr.arpa',
  '1.1.1.10.in-addr.arpa',
  '9.9.9.9.in-addr.arpa',
  'a.example',
  'b.example',
  'localhost',
  'nothing.test',
]
const TYPES: readonly string[] = ['A', 'A', 'A', 'AAAA', 'SRV', 'PTR', 'TXT', 'SOA', 'NS', 'CNAME', 'ANY', 'HTTPS']

/** A Corefile with a random choice of plugins over `cluster.json` and `hosts.txt`; `extra` are more lines of its block. */
export function randomCorefile(random: SeededRandom, extra = ''): string {
  const chosen = LINES.filter(() => random.below(2) === 0)
  const lines = chosen.map(line => (line === 'cache' ? random.pick(CACHES) : line))
  return `. {${extra}
 prometheus 127.0.0.1:0
 ${lines.join('\n ')}
 kubernetes cluster.local clusterset.local in-addr.arpa ip6.arpa {
  manifests cluster.json
  pods insecure
  multicluster clusterset.local
  ttl ${random.pick([0, 5, 30])}
  ${random.pick(['zonal', ''])}
  ${random.pick(['fallthrough', 'fallthrough in-addr.arpa', 'endpoint_pod_names'])}
 }
}
`
}

/** A question about one of the names that the Corefile, the hosts file and the cluster are about, asked in some way. */
export function randomQuestion(random: SeededRandom): [string, string, Ask] {
  const nsid = { code: OptionCode.NSID, data: new Uint8Array() }
  const how: Ask = {
    tcp: random.below(8) === 0,
    edns: random.below(3) > 0,
    bufsize: random.pick([512, 1232, 4096]),
    dnssecOk: random.below(6) === 0,
    flags: random.pick([Flag.RD, Flag.RD, 0, Flag.RD | Flag.CD, Flag.RD | Flag.AD]),
    options: random.below(10) === 0 ? [nsid] : [],
  }
  return [random.pick(NAMES), random.pick(TYPES), how]
}

/** The cluster after `event` changes, as a JSON manifest. The last octet of the service's address counts them. */
export function cluster(event: number): string {
  const service = (name: string, spec: object) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec,
  })
  const serviceImport = (name: string, spec: object) => ({
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ServiceImport',
    metadata: { name, namespace: 'default' },
    spec,
  })
  const endpoints = Array.from({ length: 1 + event * 20 }, (_, i) => ({
    addresses: [`10.1.${1 + Math.floor(i / 250)}.${1 + (i % 250)}`],
    ...(i < 2 ? { hostname: `db-${i}` } : {}),
    ...(i % 8 < 3 ? { zone: ['z0', 'z1', 'rack.row'][i % 8] } : {}),
  }))
  const items = [
    service('web', { clusterIP: `10.96.0.${7 + event}`, ports: [{ name: 'http', port: 80 }] }),
    service('db', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432 }] }),
    service('ext', { type: 'ExternalName', externalName: 'a.example' }),
    service('far', { type: 'ExternalName', externalName: 'web.default.svc.clusterset.local' }),
    service('near', {
      type: 'ExternalName',
      externalName: 'z1.prefer._zone.db.default.svc.cluster.local',
    }),
    serviceImport('web', { type: 'ClusterSetIP', ips: [`10.42.0.${7 + event}`], ports: [{ name: 'http', port: 80 }] }),
    serviceImport('db', { type: 'Headless', ports: [{ name: 'sql', port: 5432 }] }),
    service('inner', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `event-${event}` } },
    ...(event % 2 === 1 ? [service('missing', { clusterIP: '10.96.1.1', ports: [{ port: 1 }] })] : []),
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'db-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'db' } },
      addressType: 'IPv4',
      ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
      endpoints,
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'db-east',
        namespace: 'default',
        labels: {
          'multicluster.kubernetes.io/service-name': 'db',
          'multicluster.kubernetes.io/source-cluster': 'east',
        },
      },
      addressType: 'IPv4',
      ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
      endpoints: endpoints.toSpliced(20),
    },
  ]
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}
