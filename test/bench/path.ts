import { parseArgs } from 'node:util'
import { median } from '#test/bench/median.ts'
import type { BenchService } from '#test/bench/peers/cluster.ts'
import { benchCluster, externalNames } from '#test/bench/peers/cluster.ts'
import type { QuerySetName } from '#test/bench/peers/query-sets.ts'
import { querySets } from '#test/bench/peers/query-sets.ts'
import { queryOctets } from '#test/support/client.ts'
import { silentPeer } from '#test/support/peer.ts'
import { bootServer } from '#test/support/server.ts'

// What a query costs the server without the network: the questions of bench:peers, handed over as a transport does.

const { values } = parseArgs({
  options: {
    'packet-cache': { type: 'string', default: 'on' },
    queries: { type: 'string', default: '2000000' },
    rounds: { type: 'string', default: '5' },
    services: { type: 'string', default: '10000' },
    sets: { type: 'string', default: 'cluster,external,mix' },
  },
})
const BATCH = 64
const SLOT_OCTETS = 4096
const WARM_UP_QUERIES = 1_000_000

const services = benchCluster(Number(values.services))
const server = await bootServer(corefile(), {
  files: { 'cluster.json': manifest(services), external: hostsFile() },
  packetCache: values['packet-cache'] !== 'off',
})
const [responder] = server.runtime.responders()
const peer = silentPeer()
const received = new Uint8Array(BATCH * SLOT_OCTETS)
const replies = new Uint8Array(BATCH * SLOT_OCTETS)
try {
  const names = values.sets.split(',') as QuerySetName[]
  for (const { name, title, lines } of querySets(services).filter(set => names.includes(set.name))) {
    const queries = lines.map(line => queryOctets(line.split(' ')[0]!, line.split(' ')[1]!, { edns: false }))
    nanosecondsFor(queries, WARM_UP_QUERIES, true)
    const spans = Array.from({ length: Number(values.rounds) }, () =>
      nanosecondsFor(queries, Number(values.queries), true),
    )
    const copying = nanosecondsFor(queries, Number(values.queries), false)
    const net = spans.map(span => span - copying).map(Math.round)
    process.stdout.write(`${name} (${title}): ${median(net)} ns of CPU a query; rounds ${net.join(', ')}\n`)
  }
} finally {
  await server.close()
}

/** CPU time for each of so many queries, in nanoseconds; without answers, what it costs to put the queries where they are read. */
function nanosecondsFor(queries: readonly Uint8Array[], count: number, isAnswered: boolean): number {
  const before = process.cpuUsage()
  for (let i = 0; i < count; i++) {
    const query = queries[i % queries.length]!
    const at = (i % BATCH) * SLOT_OCTETS
    received.set(query, at)
    if (!isAnswered) continue
    if (at === 0) responder!.begin()
    const length = responder!.answer(received, at, at + query.length, peer, false, replies, at)
    if (length === 0) throw new Error('no answer')
  }
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / count
}

/** The plugins of ordinary clusters; names outside of the cluster come from `hosts`, at once. */
function corefile(): string {
  return `. {
 errors
 prometheus 127.0.0.1:0
 kubernetes cluster.local in-addr.arpa ip6.arpa {
  manifests cluster.json
  pods insecure
  fallthrough in-addr.arpa ip6.arpa
  ttl 30
 }
 hosts external {
  fallthrough
 }
 cache 30
 loop
 reload
 loadbalance
}
`
}

function manifest(all: readonly BenchService[]): string {
  const items = all.map(({ name, namespace, address }) => ({
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
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}

function hostsFile(): string {
  return externalNames()
    .map(name => `192.0.2.1 ${name}\n2001:db8::1 ${name}\n`)
    .join('')
}
