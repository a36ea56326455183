import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Peer } from '#lib/peer.ts'
import { queryOctets } from '#test/support/client.ts'
import { bootServer } from '#test/support/server.ts'

/** Few enough that what they allocate fits the young generation: no collection comes between the two readings. */
const QUERIES = 5_000
const ROUNDS = 7

const CLUSTER = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: { clusterIP: '10.96.0.7', ports: [{ name: 'http', port: 80 }] },
})

const COREFILE = `. {
 errors
 prometheus 127.0.0.1:0
 hosts none {
  10.0.0.1 a.example
  fallthrough
 }
 kubernetes cluster.local in-addr.arpa {
  manifests cluster.json
  fallthrough in-addr.arpa
 }
 cache 30
 loadbalance
}
`

/** What one query may allocate, in octets. Raise a limit only with the reason for it beside the number. */
const LIMITS: { way: string; packetCache: boolean; name: string; type: string; limitOctets: number }[] = [
  // Times: V8 boxes a number with a fraction when it passes from function to function.
  {
    way: 'from the packet cache',
    packetCache: true,
    name: 'web.default.svc.cluster.local',
    type: 'A',
    limitOctets: 128,
  },
  // The name as a string, folded and as it came, its key in the cache plugin, and what loadbalance and compose need.
  {
    way: 'from the cache plugin',
    packetCache: false,
    name: 'web.default.svc.cluster.local',
    type: 'A',
    limitOctets: 800,
  },
  {
    way: 'a denial from the cache plugin',
    packetCache: false,
    name: 'no.default.svc.cluster.local',
    type: 'A',
    limitOctets: 800,
  },
]

describe('a query allocates at most', () => {
  for (const { way, packetCache, name, type, limitOctets } of LIMITS) {
    test(`${limitOctets} octets when it is answered ${way}`, async t => {
      const server = await bootServer(COREFILE, { files: { 'cluster.json': CLUSTER }, packetCache })
      t.after(() => server.close())
      const responder = server.runtime.responders()[0]!
      const query = queryOctets(name, type)
      const out = new Uint8Array(4096)
      const send = (times: number): void => {
        for (let i = 0; i < times; i++) {
          responder.begin()
          assert.ok(responder.answer(query, 0, query.length, PEER, false, out, 0) > 0)
        }
      }
      send(50_000) // until everything is compiled
      const readings = Array.from({ length: ROUNDS }, () => {
        collectGarbage()
        const before = process.memoryUsage().heapUsed
        send(QUERIES)
        return (process.memoryUsage().heapUsed - before) / QUERIES
      })
      // The least: a round may meet the compiler at work, which allocates too.
      const octets = Math.min(...readings)
      t.diagnostic(`${octets.toFixed(1)} octets a query`)
      assert.ok(octets <= limitOctets, `${octets.toFixed(1)} octets a query, of ${readings.map(Math.round)}`)
    })
  }
})

const PEER: Peer = {
  family: 4,
  address: '127.0.0.1',
  port: 40000,
  localAddress: '127.0.0.1',
  localPort: 53,
  send() {},
  detach: () => PEER,
  release() {},
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
}
