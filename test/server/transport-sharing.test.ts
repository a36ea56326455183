import assert from 'node:assert/strict'
import type { Socket } from 'node:dgram'
import dgram from 'node:dgram'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { describe, test } from 'node:test'
import { cLibrary } from '#net/batch/c-library.ts'
import { listenTcp } from '#net/tcp.ts'
import { listenUdpInBatches } from '#net/udp-batch.ts'
import { listenUdp } from '#net/udp-dgram.ts'
import type { UdpListener } from '#net/udp-listener.ts'
import { Act, idOf, ScriptedResponder, scripted } from '#test/support/scripted-responder.ts'
import { StreamClient } from '#test/support/stream-client.ts'
import { until } from '#test/support/until.ts'

const c = cLibrary()
const CLIENTS = 40

describe('an address that several sockets share', { skip: c === null && 'needs node:ffi and Linux' }, () => {
  for (const address of ['127.0.0.1', '']) {
    const shown = address || 'the wildcard'
    test(`a socket on ${shown} that closes answers what waits in it, and gets nothing more`, async t => {
      const { first, second, clients, replies } = await twoSockets(t, address)
      for (const [i, client] of clients.entries()) client.send(scripted(i + 1), first.listener.port, '127.0.0.1')
      await first.listener.close(1000)
      await until(() => replies.length === CLIENTS)
      assert.ok(first.responder.asked.length > 0 && second.responder.asked.length > 0, 'both had messages')
      const before = first.responder.asked.length
      for (const [i, client] of clients.entries()) client.send(scripted(i + 1), second.listener.port, '127.0.0.1')
      await until(() => replies.length === 2 * CLIENTS)
      assert.equal(first.responder.asked.length, before)
    })

    test(`a socket on ${shown} that closes still sends the replies that it owes, from where they were asked`, async t => {
      const { first, second, clients, replies } = await twoSockets(t, address)
      for (const [i, client] of clients.entries())
        client.send(scripted(i + 1, Act.HOLD), first.listener.port, '127.0.0.1')
      await until(() => first.responder.heldCount + second.responder.heldCount === CLIENTS)
      assert.ok(first.responder.heldCount > 0)
      const closed = first.listener.close(5000)
      for (const { responder } of [first, second]) responder.letGo()
      await until(() => replies.length === CLIENTS)
      await closed
      assert.deepEqual(
        replies.map(idOf).sort((a, b) => a - b),
        Array.from({ length: CLIENTS }, (_, i) => i + 1),
      )
    })
  }

  test('a bound UDP socket can come to be shared, a portable one cannot', async t => {
    const responder = new ScriptedResponder()
    const alone = listenUdpInBatches(c!, { address: '127.0.0.1', port: 0, responder })
    t.after(() => alone.close(0))
    const options = { address: '127.0.0.1', port: alone.port, responder, reusePort: true }
    assert.throws(() => listenUdpInBatches(c!, options), /address already in use/)
    assert.equal(alone.allowSharing(), true)
    await listenUdpInBatches(c!, options).close(0)
    const portable = await listenUdp({ address: '127.0.0.1', port: 0, responder })
    t.after(() => portable.close(0))
    assert.equal(portable.allowSharing(), false)
  })

  test('a TCP listener can come to be shared, and lets in whom it had accepted when it closes', async t => {
    const responder = new ScriptedResponder()
    const alone = await listenTcp({ address: '127.0.0.1', port: 0, responder })
    const options = { address: '127.0.0.1', port: alone.port, responder, reusePort: true }
    await assert.rejects(listenTcp(options), /address already in use/)
    assert.equal(alone.allowSharing(), true)
    const other = await listenTcp(options)
    t.after(() => other.close(0))
    const client = await StreamClient.connect(alone.port)
    t.after(() => client.close())
    const closing = [other.close(1000), alone.close(1000)]
    client.send(scripted(9))
    assert.deepEqual((await client.receive(1)).map(idOf), [9])
    await Promise.all(closing)
  })
})

/** Two listeners on one address, and clients whose replies are collected. */
async function twoSockets(t: TestContext, address: string) {
  const open = (port: number): { listener: UdpListener; responder: ScriptedResponder } => {
    const responder = new ScriptedResponder()
    const listener = listenUdpInBatches(c!, { address, port, responder, reusePort: true })
    t.after(() => listener.close(0))
    return { listener, responder }
  }
  const first = open(0)
  const second = open(first.listener.port)
  const replies: Uint8Array[] = []
  const clients: Socket[] = []
  for (let i = 0; i < CLIENTS; i++) {
    // Without a lookup a message leaves before `send` returns.
    const client = dgram.createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) })
    const listening = once(client, 'listening')
    client.bind(0, '127.0.0.1')
    await listening
    // Replies from another port or address do not get through.
    client.on('message', (octets, from) => {
      if (from.address === '127.0.0.1' && from.port === first.listener.port) replies.push(octets)
    })
    t.after(() => client.close())
    clients.push(client)
  }
  return { first, second, clients, replies }
}
