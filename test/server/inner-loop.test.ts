import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { CLibrary } from '#net/batch/c-library.ts'
import { cLibrary } from '#net/batch/c-library.ts'
import { MSG_WAITFORONE } from '#net/batch/linux.ts'
import { listenTcp } from '#net/tcp.ts'
import { listenUdpInBatches } from '#net/udp-batch.ts'
import type { UdpListener } from '#net/udp-listener.ts'
import { Act, idOf, ScriptedResponder, scripted } from '#test/support/scripted-responder.ts'
import { StreamClient } from '#test/support/stream-client.ts'
import { until } from '#test/support/until.ts'

const c = cLibrary()
const ASKING = new URL('../fixtures/net/asking-thread.ts', import.meta.url)

describe('the inner loop', { skip: c === null && 'needs node:ffi and Linux on x86-64 or arm64' }, () => {
  test('answers messages that come one soon after another without turns of the event loop', async t => {
    const { answered } = await underWay(t, new ScriptedResponder(0, true))
    // A machine with much to do may let more than a millisecond pass between any two messages: then it is tried again.
    await until(async () => (await turnsFor(answered, 1000)) < 500)
  })

  test('answers as many from several sockets', async t => {
    const responder = new ScriptedResponder(0, true)
    const idle = listenUdpInBatches(c!, { address: '127.0.0.1', port: 0, responder })
    t.after(() => idle.close(0))
    const first = await underWay(t, responder)
    const second = await underWay(t, responder)
    const both = () => first.answered() + second.answered()
    await until(async () => (await turnsFor(both, 1000)) < 500)
    assert.ok(first.answered() > 0 && second.answered() > 0)
  })

  test('under a steady load waits for messages in their receipt, and no longer than there is one', async t => {
    let waits = 0
    const counting: CLibrary = {
      ...c!,
      recvmmsg(fd, headers, count, flags, timeout) {
        if (flags === MSG_WAITFORONE) waits++
        return c!.recvmmsg(fd, headers, count, flags, timeout)
      },
    }
    const { asking } = await underWay(t, new ScriptedResponder(0, true), counting)
    await until(() => waits > 1000)
    await asking.terminate()
    const before = waits
    await setTimeout(20)
    assert.ok(waits <= before + 1, `${waits - before} waits when nobody asks`)
  })

  test('goes back to the event loop after messages that leave something to go on with', async t => {
    const { answered } = await underWay(t, new ScriptedResponder(0, false))
    assert.ok((await turnsFor(answered, 1000)) >= 900)
  })

  test('gives way to timers, other sockets, other threads and immediates', async t => {
    const responder = new ScriptedResponder(0, true)
    const { answered, listener } = await underWay(t, responder)
    const tcp = await listenTcp({ address: '127.0.0.1', port: 0, responder })
    t.after(() => tcp.close(0))
    const client = await StreamClient.connect(tcp.port)
    const { port1, port2 } = new MessageChannel()
    const before = answered()
    for (let id = 1; id <= 20; id++) {
      await setTimeout(1)
      client.send(scripted(id))
      await client.receive(id)
      const told = once(port1, 'message')
      port2.postMessage(id)
      await told
      await new Promise(resolve => setImmediate(resolve))
    }
    port1.close()
    await client.close()
    await until(() => answered() > before)
    await listener.close(0)
  })

  test('late answers leave while others are given at once', async t => {
    const responder = new ScriptedResponder(0, true)
    const { listener } = await underWay(t, responder)
    const socket = dgram.createSocket('udp4')
    t.after(() => socket.close())
    for (let id = 1; id <= 20; id++) {
      const answered = once(socket, 'message')
      socket.send(scripted(id, Act.HOLD), listener.port, '127.0.0.1')
      await until(() => responder.heldCount === 1)
      responder.letGo()
      assert.equal(idOf(((await answered) as [Uint8Array])[0]), id)
    }
  })
})

interface UnderWay {
  readonly listener: UdpListener
  readonly asking: Worker
  /** How many messages of the one who asks have been answered. */
  answered(): number
}

/** A listener, and a thread that asks it one message after another. */
async function underWay(t: TestContext, responder: ScriptedResponder, library = c!): Promise<UnderWay> {
  const listener = listenUdpInBatches(library, { address: '127.0.0.1', port: 0, responder })
  const asking = new Worker(ASKING, { workerData: listener.port })
  t.after(async () => {
    await asking.terminate()
    await listener.close(0)
  })
  let answered = 0
  asking.on('message', (count: number) => {
    answered = count
  })
  await once(asking, 'message')
  return { listener, asking, answered: () => answered }
}

/** How many turns the event loop takes while at least `count` messages are answered. */
async function turnsFor(answered: () => number, count: number): Promise<number> {
  const first = answered()
  const turns = loopCount()
  await until(() => answered() - first >= count)
  return Math.round(((loopCount() - turns) * count) / (answered() - first))
}

function loopCount(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount
}
