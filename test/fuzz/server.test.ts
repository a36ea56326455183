import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Peer } from '#lib/peer.ts'
import { queryOctets } from '#test/support/client.ts'
import { memoryInUse } from '#test/support/garbage.ts'
import { MAX_MUTATED_OCTETS, mutate } from '#test/support/mutate.ts'
import { SeededRandom } from '#test/support/random.ts'
import { bootServer } from '#test/support/server.ts'
import { Class, OptionCode } from '#wire/constants.ts'

/** Mutated packets to send: a million takes a few seconds, since nothing leaves the process. */
const RUNS = Number(process.env['NODENS_FUZZ_RUNS'] ?? 1_000_000)

const COREFILE = `. {
    errors
    chaos
    any
    nsid
    loadbalance
    cache 30
    minimal
    hosts hosts.txt {
        10.0.0.1 a.example b.example
        fallthrough
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        manifests cluster.yaml
        pods insecure
    }
    whoami
}
`

const CLUSTER = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { clusterIP: 10.96.0.7, ports: [{ name: http, port: 80, protocol: TCP }] }
---
apiVersion: v1
kind: Service
metadata: { name: db, namespace: default }
spec: { clusterIP: None, ports: [{ name: sql, port: 5432 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: db-1, namespace: default, labels: { kubernetes.io/service-name: db } }
addressType: IPv4
ports: [{ name: sql, port: 5432, protocol: TCP }]
endpoints: [{ addresses: [10.1.1.1], hostname: db-0 }, { addresses: [10.1.1.2], hostname: db-1 }]
`

const SEEDS = [
  queryOctets('web.default.svc.cluster.local', 'A'),
  queryOctets('_http._tcp.web.default.svc.cluster.local', 'SRV', { bufsize: 512, dnssecOk: true }),
  queryOctets('db-0.db.default.svc.cluster.local', 'AAAA', { edns: false }),
  queryOctets('db.default.svc.cluster.local', 'A', { options: [{ code: OptionCode.NSID, data: new Uint8Array() }] }),
  queryOctets('7.0.96.10.in-addr.arpa', 'PTR'),
  queryOctets('1-2-3-4.default.pod.cluster.local', 'A'),
  queryOctets('cluster.local', 'SOA'),
  queryOctets('nothing.default.svc.cluster.local', 'TXT'),
  queryOctets('a.example', 'ANY'),
  queryOctets('version.bind', 'TXT', { class: Class.CH }),
  queryOctets(`${'a.'.repeat(120)}cluster.local`, 'A'),
]

test('mutated packets are answered or dropped within bounds, and nothing is kept of them', async t => {
  const booted = await bootServer(COREFILE, { files: { 'cluster.yaml': CLUSTER, 'hosts.txt': '' } })
  t.after(() => booted.close())
  const random = new SeededRandom()
  const responder = booted.runtime.responders()[0]!
  const counts = { answered: 0, silent: 0, late: 0 }
  const peer: Peer = {
    family: 4,
    address: '127.0.0.1',
    port: 40000,
    localAddress: '127.0.0.1',
    localPort: 53,
    send: () => void counts.late++,
    detach: () => peer,
    release: () => void counts.silent++,
  }
  const octets = new Uint8Array(MAX_MUTATED_OCTETS)
  const out = new Uint8Array(65535)
  const send = () => {
    const isStream = random.below(4) === 0
    const length = mutate(random.pick(SEEDS), octets, random)
    responder.begin()
    const replyLength = responder.answer(octets, 0, length, peer, isStream, out, 0)
    if (replyLength === 0) {
      counts.silent++
      return
    }
    counts.answered++
    const context = `seed ${random.seed}: ${Buffer.from(octets.subarray(0, length)).toString('hex')}`
    assert.ok(replyLength >= 12 && replyLength <= (isStream ? 65535 : 1232), context)
    assert.equal((out[0]! << 8) | out[1]!, (octets[0]! << 8) | octets[1]!, `ID is the query's; ${context}`)
    assert.equal(out[2]! & 0x80, 0x80, `QR is set; ${context}`)
  }
  for (let i = 0; i < RUNS / 2; i++) send()
  const before = memoryInUse().heapUsed
  for (let i = 0; i < RUNS / 2; i++) send()
  const grown = memoryInUse().heapUsed - before
  t.diagnostic(
    `${RUNS} packets, seed ${random.seed}: ${JSON.stringify(counts)}, heap ${Math.round(grown / 1024)} KiB more`,
  )
  assert.ok(grown < 8 << 20, `the heap grew by ${grown} octets in the second half`)
  assert.ok(counts.answered > 0 && counts.silent > 0)
  assert.match(booted.metrics(), /^coredns_panics_total 0$/m)
  const reply = await booted.ask('web.default.svc.cluster.local', 'A')
  assert.equal(reply.answer.length, 1)
})
