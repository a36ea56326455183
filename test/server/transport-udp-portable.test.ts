import assert from 'node:assert/strict'
import type { Socket } from 'node:dgram'
import dgram from 'node:dgram'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { describe, test } from 'node:test'
import type { DropReason } from '#net/drop.ts'
import { listenUdp } from '#net/udp-dgram.ts'
import { idOf, ScriptedResponder, scripted } from '#test/support/scripted-responder.ts'
import { until } from '#test/support/until.ts'

describe('UDP, portable transport only', () => {
  /** `send` stands in for the system, which cannot be made to refuse or delay replies on loopback. */
  const answerAll = async (t: TestContext, count: number, send: typeof dgram.Socket.prototype.send) => {
    const drops = new Map<DropReason, number>()
    const onDrop = (reason: DropReason, more: number) => void drops.set(reason, (drops.get(reason) ?? 0) + more)
    const responder = new ScriptedResponder()
    const listener = await listenUdp({ address: '127.0.0.1', port: 0, responder, onDrop })
    t.after(() => listener.close(0))
    const client = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(client, 'listening')
    t.after(() => client.close())
    client.connect(listener.port, '127.0.0.1')
    await once(client, 'connect')
    const ask: (this: Socket, message: Uint8Array) => void = client.send
    t.mock.method(dgram.Socket.prototype, 'send', send)
    for (let id = 0; id < count; id++) {
      ask.call(client, scripted(id))
      if (id % 100 === 99) await until(() => responder.asked.length === id + 1)
    }
    await until(() => responder.asked.length === count)
    return drops
  }

  test('replies that the system refuses are all counted once the first of them is told of', async t => {
    let refused = 0
    const drops = await answerAll(t, 1000, (...words: unknown[]) => {
      refused++
      const done = words.at(-1)
      if (typeof done === 'function') process.nextTick(done, Object.assign(new Error('EPERM'), { code: 'EPERM' }))
    })
    assert.equal(refused, 1000)
    // The first is one of sixteen, and is told of when its batch, 64 at most, has been answered.
    await until(() => (drops.get('send error') ?? 0) >= 1000 - 16 - 64)
  })

  test('once replies leave again, few are asked about', async t => {
    let listened = 0
    const drops = await answerAll(t, 5000, (...words: unknown[]) => {
      const done = words.at(-1)
      if (typeof done === 'function') process.nextTick(done, listened++ === 0 ? new Error('ENOBUFS') : null, 12)
    })
    assert.equal(drops.get('send error'), 1)
    assert.ok(listened > 1024 && listened < 1500, `${listened} of 5000`)
  })

  test('replies that the system does not take are kept as they are, up to a bound, and dropped beyond it', async t => {
    const kept: Uint8Array[] = []
    const queued = () => kept.reduce((sum, { length }) => sum + length, 0)
    t.mock.method(dgram.Socket.prototype, 'getSendQueueCount', () => kept.length)
    t.mock.method(dgram.Socket.prototype, 'getSendQueueSize', () => queued() * 4096)
    const drops = await answerAll(t, 500, (message: unknown) => {
      assert.ok(message instanceof Uint8Array)
      kept.push(message)
    })
    assert.deepEqual(
      kept.map(idOf),
      kept.map((_, index) => index),
    )
    assert.equal(queued() * 4096 > 1 << 20, true)
    assert.equal(drops.get('send queue full'), 500 - kept.length)
  })
})
