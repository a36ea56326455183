import { queryOctets } from '#test/support/client.ts'
import { silentPeer } from '#test/support/peer.ts'
import { bootServer } from '#test/support/server.ts'

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

/** A server that answers one query as often as it is told. */
export interface RepeatedAnswers {
  /** Throws when an answer is not there at once. */
  answer(times: number): void
  close(): Promise<unknown>
}

/**
 * Starts a server whose cost is to be measured: the plugins of ordinary clusters, one Service, `web` of `default`, and no socket
 * between the query and the answer.
 */
export async function answerRepeatedly(name: string, type: string, packetCache: boolean): Promise<RepeatedAnswers> {
  const server = await bootServer(COREFILE, { files: { 'cluster.json': CLUSTER }, packetCache })
  const responder = server.runtime.responders()[0]!
  const query = queryOctets(name, type)
  const peer = silentPeer()
  const out = new Uint8Array(4096)
  return {
    answer(times) {
      for (let i = 0; i < times; i++) {
        responder.begin()
        if (responder.answer(query, 0, query.length, peer, false, out, 0) <= 0) throw new Error('no answer')
      }
    },
    close: () => server.close(),
  }
}
