import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import type { TlsTerms } from '#lib/tls-terms.ts'
import type { DropReason } from '#net/drop.ts'
import type { StreamLimits } from '#net/stream-limits.ts'
import type { TlsListener } from '#net/tls.ts'
import { listenTls } from '#net/tls.ts'
import { certificates } from '#test/support/api-server/certificates.ts'
import { Act, idOf, ScriptedResponder, scripted } from '#test/support/scripted-responder.ts'
import { StreamClient } from '#test/support/stream-client.ts'
import { connectTls } from '#test/support/tls-client.ts'
import { until } from '#test/support/until.ts'

const { server, otherServer, otherCa } = certificates

test('replies leave as they finish, the largest included', async t => {
  const { listener, responder } = await bench(t)
  const client = await connectTls(listener.port)
  t.after(() => client.close())
  client.send(scripted(1, Act.HOLD), scripted(2, Act.LARGE), scripted(3))
  await client.receive(2)
  responder.letGo()
  assert.deepEqual((await client.receive(3)).map(idOf), [2, 3, 1])
})

test('who does not speak is let go when the handshake has taken too long', async t => {
  const { listener, drops } = await bench(t, { readTimeoutMs: 100 })
  const silent = await StreamClient.connect(listener.port)
  await silent.ended()
  await until(() => drops.get('handshake failed') === 1)
})

test('who is through the handshake and asks nothing is let go as over TCP', async t => {
  const { listener } = await bench(t, { readTimeoutMs: 100 })
  const silent = await connectTls(listener.port)
  await silent.ended()
})

test('of too many who do not speak the oldest are let go, and who speaks is let in', async t => {
  const { listener, drops } = await bench(t)
  const silent = await Promise.all(Array.from({ length: 300 }, () => StreamClient.connect(listener.port)))
  t.after(() => Promise.all(silent.map(client => client.close())))
  const client = await connectTls(listener.port)
  t.after(() => client.close())
  client.send(scripted(7))
  assert.deepEqual((await client.receive(1)).map(idOf), [7])
  assert.equal(drops.get('too many connections'), 51)
  await until(() => silent.filter(({ isClosed, isEnded }) => isClosed || isEnded).length === 51)
})

test('connections beyond the limit take the place of idle ones', async t => {
  const { listener, drops } = await bench(t, { maxConnections: 2 })
  const clients = []
  for (const id of [1, 2, 3]) {
    const client = await connectTls(listener.port)
    t.after(() => client.close())
    client.send(scripted(id))
    assert.deepEqual((await client.receive(1)).map(idOf), [id])
    clients.push(client)
  }
  await clients[0]!.ended()
  assert.equal(drops.get('too many connections'), 1)
})

test('terms that change hold for those who come then', async t => {
  const { listener, terms } = await bench(t)
  const before = await connectTls(listener.port)
  t.after(() => before.close())
  listener.source = { terms: { ...terms, certificate: otherServer.cert, key: otherServer.key } }
  await assert.rejects(connectTls(listener.port), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  const after = await connectTls(listener.port, { ca: otherCa })
  t.after(() => after.close())
  for (const client of [before, after]) {
    client.send(scripted(5))
    assert.deepEqual((await client.receive(1)).map(idOf), [5])
  }
})

test('a listener that closes answers what it was asked, and waits for nobody in a handshake', async t => {
  const { listener, responder } = await bench(t)
  const silent = await StreamClient.connect(listener.port)
  const client = await connectTls(listener.port)
  client.send(scripted(1, Act.HOLD))
  await until(() => responder.heldCount === 1)
  const closed = listener.close(5000)
  await silent.ended()
  responder.letGo()
  assert.deepEqual((await client.receive(1)).map(idOf), [1])
  await closed
})

interface TlsBench {
  readonly listener: TlsListener
  readonly responder: ScriptedResponder
  readonly terms: TlsTerms
  readonly drops: Map<DropReason, number>
}

async function bench(t: TestContext, limits: Partial<StreamLimits> = {}): Promise<TlsBench> {
  const responder = new ScriptedResponder()
  const drops = new Map<DropReason, number>()
  const onDrop = (reason: DropReason, count: number) => void drops.set(reason, (drops.get(reason) ?? 0) + count)
  const terms: TlsTerms = {
    certificate: server.cert,
    key: server.key,
    authorities: null,
    clientAuth: 'nocert',
    ticketKeys: randomBytes(48),
    onSecret: null,
  }
  const listener = await listenTls({ address: '127.0.0.1', port: 0, responder, limits, onDrop, source: { terms } })
  t.after(() => listener.close(0))
  return { listener, responder, terms, drops }
}
