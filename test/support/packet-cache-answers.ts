import { createInterface } from 'node:readline'
import type { Peer } from '#lib/peer.ts'
import { queryOctets } from '#test/support/client.ts'
import { bootServer } from '#test/support/server.ts'

// A program whose instructions are counted. For each line of standard input, a number, it answers the same query so many
// times from the packet cache, without a socket, and prints `done`; it ends with its standard input.

const CLUSTER = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: { clusterIP: '10.96.0.7', ports: [{ name: 'http', port: 80 }] },
})

const COREFILE = `. {
 errors
 prometheus 127.0.0.1:0
 kubernetes cluster.local {
  manifests cluster.json
 }
 cache 30
 loadbalance
}
`

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

const server = await bootServer(COREFILE, { files: { 'cluster.json': CLUSTER } })
const responder = server.runtime.responders()[0]!
const query = queryOctets('web.default.svc.cluster.local', 'A')
const out = new Uint8Array(4096)
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  answer(Number(line))
  process.stdout.write('done\n')
}
await server.close()

function answer(times: number): void {
  for (let i = 0; i < times; i++) {
    responder.begin()
    if (responder.answer(query, 0, query.length, PEER, false, out, 0) <= 0) throw new Error('no answer')
  }
}
