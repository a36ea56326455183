import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Act, scripted } from '#test/support/scripted-responder.ts'
import type { StreamClient } from '#test/support/stream-client.ts'
import { tcpBench } from '#test/support/tcp-bench.ts'
import { until } from '#test/support/until.ts'

const CLIENTS = 40
const MAX_HELD_OCTETS = 1 << 20

/** Ways to make a server keep some 64 KiB or more, and for how many clients there is room at least. */
const WAYS: readonly (readonly [string, number, (client: StreamClient) => void])[] = [
  [
    'sends a long message but for its end',
    8,
    client => client.socket.write(Buffer.concat([Uint8Array.of(0xff, 0xff), new Uint8Array(60_000)])),
  ],
  [
    'takes none of its answers',
    1,
    client => {
      client.socket.pause()
      client.send(...Array.from({ length: 1500 }, (_, id) => scripted(id, Act.LARGE)))
    },
  ],
  [
    'sends more queries than are answered at a time',
    8,
    client => client.send(...Array.from({ length: 1000 }, (_, id) => scripted(id, Act.HOLD, 40))),
  ],
]

describe('when every client of a TCP listener', () => {
  for (const [what, room, act] of WAYS) {
    test(`${what}, those who have done so the longest are cut off, and others are answered`, async t => {
      const { connect, drops } = await tcpBench(t, { maxHeldOctets: MAX_HELD_OCTETS, readTimeoutMs: 60_000 })
      const clients: StreamClient[] = []
      for (let i = 0; i < CLIENTS; i++) {
        const client = await connect()
        client.socket.on('error', () => {})
        act(client)
        clients.push(client)
      }
      await until(() => (drops.get('too much held') ?? 0) > 0)
      const cut = drops.get('too much held')!
      assert.ok(cut <= CLIENTS - room, `${cut} of ${CLIENTS} were cut off`)
      const honest = await connect()
      honest.send(scripted(7))
      await honest.receive(1)
      assert.equal(honest.isEnded, false)
    })
  }
})
