import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { cLibrary } from '#net/batch/c-library.ts'
import { listenUdpInBatches } from '#net/udp-batch.ts'
import { idOf, ScriptedResponder, scripted } from '#test/support/scripted-responder.ts'
import { until } from '#test/support/until.ts'

/** Which query is answered when. IDs are the order of arrival, from 0 on; 256 queries may wait, and 32 are answered at once. */
const ORDERS: readonly [rule: string, queries: number, idAt: (place: number) => number][] = [
  ['after a time without a turn the newest queries are answered first', 200, place => 199 - place],
  [
    'queries that found no room at first are newer than those that did',
    270,
    place => (place < 32 ? 255 : place < 46 ? 269 + 32 : 269) - place,
  ],
]

const c = cLibrary()

describe('batched UDP', { skip: c === null && 'needs node:ffi and Linux on x86-64 or arm64' }, () => {
  for (const [rule, queries, idAt] of ORDERS) {
    test(rule, async t => {
      const listener = listenUdpInBatches(c!, {
        address: '127.0.0.1',
        port: 0,
        responder: new ScriptedResponder(0, true),
      })
      const answered: number[] = []
      const client = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 }, reply => answered.push(idOf(reply)))
      t.after(async () => {
        client.close()
        await listener.close(0)
      })
      await once(client.bind(0, '127.0.0.1'), 'listening')
      for (let id = 0; id < queries; id++) client.send(scripted(id), listener.port, '127.0.0.1')
      await until(() => answered.length === queries)
      assert.deepEqual(
        answered,
        answered.map((_, place) => idAt(place)),
      )
    })
  }

  test('queries that leave something to go on with are answered 32 a turn of the event loop', async t => {
    const responder = new ScriptedResponder(0, false)
    const listener = listenUdpInBatches(c!, { address: '127.0.0.1', port: 0, responder })
    const client = createSocket('udp4')
    t.after(async () => {
      client.close()
      await listener.close(0)
    })
    await once(client.bind(0, '127.0.0.1'), 'listening')
    client.send(scripted(0), listener.port, '127.0.0.1')
    await until(() => responder.asked.length === 1)
    for (let id = 1; id <= 200; id++) client.send(scripted(id), listener.port, '127.0.0.1')
    const turns: number[] = []
    for (let before = 1; before < 201; before = responder.asked.length) {
      await new Promise(resolve => setImmediate(resolve))
      if (responder.asked.length > before) turns.push(responder.asked.length - before)
    }
    assert.deepEqual(turns, [32, 32, 32, 32, 32, 32, 8])
  })
})
