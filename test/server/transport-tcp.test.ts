import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { framed } from '#net/reply-batch.ts'
import { listenTcp } from '#net/tcp.ts'
import { openFiles } from '#test/support/open-files.ts'
import { Act, idOf, ScriptedResponder, scripted } from '#test/support/scripted-responder.ts'
import { StreamClient } from '#test/support/stream-client.ts'
import { tcpBench } from '#test/support/tcp-bench.ts'
import { until } from '#test/support/until.ts'

const ids = (messages: readonly Uint8Array[]) => messages.map(idOf)

describe('queries on one TCP connection', () => {
  test('are answered as they finish, not in the order of asking', async t => {
    const { responder, connect } = await tcpBench(t)
    const client = await connect()
    client.send(scripted(1, Act.HOLD), scripted(2), scripted(3, Act.HOLD), scripted(4))
    await client.receive(2)
    responder.letGo()
    assert.deepEqual(ids(await client.receive(4)), [2, 4, 3, 1])
  })

  test('are read alike however the octets are cut into segments', async t => {
    const { connect } = await tcpBench(t)
    const stream = Buffer.concat([framed(scripted(1)), framed(scripted(2, Act.ECHO, 40))])
    for (let cut = 1; cut < stream.length; cut++) {
      const client = await connect()
      client.socket.write(stream.subarray(0, cut))
      await nextTurn()
      client.socket.write(stream.subarray(cut))
      assert.deepEqual(ids(await client.receive(2)), [1, 2], `cut at ${cut}`)
      await client.close()
    }
  })

  test('that came together get their answers in one segment, lengths included', async t => {
    const { connect } = await tcpBench(t)
    const client = await connect()
    client.send(scripted(1), scripted(2), scripted(3))
    await client.receive(3)
    assert.equal(client.pieces, 1)
  })

  test('that become ready together leave in one segment', async t => {
    const { connect, responder } = await tcpBench(t)
    const client = await connect()
    client.send(scripted(1, Act.HOLD), scripted(2, Act.HOLD))
    await until(() => responder.heldCount === 2)
    responder.letGo()
    await client.receive(2)
    assert.equal(client.pieces, 1)
  })

  test('may be many more than one turn of the event loop answers', async t => {
    const { connect } = await tcpBench(t)
    const client = await connect()
    const asked = Array.from({ length: 5000 }, (_, id) => scripted(id))
    client.send(...asked)
    assert.deepEqual(ids(await client.receive(5000)), ids(asked))
  })

  test('may get the largest replies, at once and late', async t => {
    const { connect } = await tcpBench(t)
    const client = await connect()
    client.send(scripted(1, Act.LARGE), scripted(2, Act.LARGE), scripted(3, Act.LATE_LARGEST), scripted(4))
    const replies = await client.receive(4)
    assert.deepEqual(replies.map(reply => [idOf(reply), reply.length]).sort(), [
      [1, 65535],
      [2, 65535],
      [3, 65535],
      [4, 13],
    ])
  })

  test('may get several messages each', async t => {
    const { connect } = await tcpBench(t)
    const client = await connect()
    client.send(scripted(1, Act.SEVERAL), scripted(2))
    assert.deepEqual(ids(await client.receive(4)).sort(), [1, 1, 1, 2])
  })

  test('that get no answer do not use up what may be under way', async t => {
    const { connect } = await tcpBench(t, { maxUnderWay: 2 })
    const client = await connect()
    const acts = [Act.DROP, Act.RELEASE]
    client.send(...Array.from({ length: 50 }, (_, id) => scripted(id, acts[id & 1])), scripted(99))
    assert.deepEqual(ids(await client.receive(1)), [99])
  })

  test('wait unread while too many are under way', async t => {
    const { connect, responder } = await tcpBench(t, { maxUnderWay: 10 })
    const client = await connect()
    client.send(...Array.from({ length: 25 }, (_, id) => scripted(id, Act.HOLD)))
    for (const expected of [10, 20, 25]) {
      await until(() => responder.asked.length === expected)
      for (let turn = 0; turn < 5; turn++) await nextTurn()
      assert.equal(responder.asked.length, expected)
      responder.letGo()
    }
    await client.receive(25)
  })

  test('are counted, and the last allowed one still gets its answer', async t => {
    const { connect, responder } = await tcpBench(t, { maxQueries: 3 })
    const client = await connect()
    client.send(...[1, 2, 3, 4, 5].map(id => scripted(id, Act.HOLD)))
    await until(() => responder.heldCount === 3)
    responder.letGo()
    await client.ended()
    assert.deepEqual(ids(client.replies), [3, 2, 1])
    assert.equal(responder.asked.length, 3)
  })

  test('know who asked, and where', async t => {
    const { connect, responder, listener } = await tcpBench(t, {}, '')
    const client = await connect()
    client.send(scripted(1, Act.HOLD))
    await until(() => responder.heldCount === 1)
    const { peer, isStream } = responder.asked[0]!
    assert.equal(isStream, true)
    assert.deepEqual(
      [peer.family, peer.address, peer.port, peer.localAddress, peer.localPort],
      [4, '127.0.0.1', client.socket.localPort, '127.0.0.1', listener.port],
    )
    responder.letGo()
    await client.receive(1)
  })
})

describe('a TCP client', () => {
  test('that ends its side still gets all answers, and then the end', async t => {
    const { connect, responder } = await tcpBench(t)
    const client = await connect()
    client.send(scripted(1, Act.HOLD), scripted(2), scripted(3, Act.HOLD))
    client.socket.end()
    await client.receive(1)
    responder.letGo()
    await client.ended()
    assert.deepEqual(ids(client.replies), [2, 3, 1])
  })

  test('that ends its side while it is not read still gets all answers', async t => {
    const { connect, responder } = await tcpBench(t, { maxUnderWay: 1 })
    const client = await connect()
    client.send(scripted(1, Act.HOLD), scripted(2, Act.HOLD), scripted(3))
    client.socket.end()
    await until(() => responder.heldCount === 1)
    responder.letGo()
    await until(() => responder.heldCount === 1)
    responder.letGo()
    await client.ended()
    assert.deepEqual(ids(client.replies), [1, 2, 3])
  })

  test('that ends its side with half a message gets the end', async t => {
    const { connect } = await tcpBench(t)
    const client = await connect()
    client.socket.end(framed(scripted(1)).subarray(0, 7))
    await client.ended()
    assert.equal(client.replies.length, 0)
  })

  for (const length of [0, 1, 11]) {
    test(`that announces ${length} octets gets the answers due, and then the end`, async t => {
      const { connect, responder } = await tcpBench(t)
      const client = await connect()
      client.socket.write(Buffer.concat([framed(scripted(1)), Uint8Array.of(0, length, 9), framed(scripted(2))]))
      await client.ended()
      assert.deepEqual(ids(client.replies), [1])
      assert.equal(responder.asked.length, 1)
    })
  }

  test('that never asks is sent off after the read timeout', async t => {
    const { connect } = await tcpBench(t, { readTimeoutMs: 40 })
    await (await connect()).ended()
  })

  test('that sends its length and then nothing is sent off after the read timeout', async t => {
    const { connect } = await tcpBench(t, { readTimeoutMs: 40 })
    const client = await connect()
    client.send(scripted(1))
    client.socket.write(Uint8Array.of(0, 40))
    await client.ended()
    assert.deepEqual(ids(client.replies), [1])
  })

  test('that trickles octets is sent off after the read timeout all the same', async t => {
    const { connect, responder } = await tcpBench(t, { readTimeoutMs: 60 })
    const client = await connect()
    client.socket.write(Uint8Array.of(0xff, 0xff))
    const trickle = setInterval(() => client.socket.write(Uint8Array.of(1)), 5)
    t.after(() => clearInterval(trickle))
    await client.ended()
    clearInterval(trickle)
    assert.equal(responder.asked.length, 0)
  })

  test('that has asked is sent off after the idle timeout', async t => {
    const { connect } = await tcpBench(t, { idleTimeoutMs: 40 })
    const client = await connect()
    client.send(scripted(1))
    await client.ended()
    assert.deepEqual(ids(client.replies), [1])
  })

  test('is not idle while a reply is under way', async t => {
    const { connect, responder } = await tcpBench(t, { idleTimeoutMs: 40, readTimeoutMs: 40 })
    const waiting = await connect()
    waiting.send(scripted(1, Act.HOLD))
    const idle = await connect()
    idle.send(scripted(1))
    await idle.ended()
    assert.equal(waiting.isEnded, false)
    responder.letGo()
    await waiting.receive(1)
  })

  test('that never reads is read no further, and sent off after the write timeout', async t => {
    const { connect, responder, listener } = await tcpBench(t, { writeTimeoutMs: 100 })
    const client = await connect()
    client.socket.pause()
    client.send(...Array.from({ length: 2000 }, (_, id) => scripted(id, Act.LARGE)))
    const other = await connect()
    other.send(scripted(7))
    await other.receive(1)
    const gone = new Promise(resolve => client.socket.on('error', resolve))
    const probe = setInterval(() => client.socket.write(framed(scripted(1))), 10)
    t.after(() => clearInterval(probe))
    await gone // Writing to it fails once the server has closed it.
    clearInterval(probe)
    assert.ok(responder.asked.length < 1000, `${responder.asked.length} of 2000 queries were answered into the void`)
    assert.ok(listener.port > 0)
  })

  test('that is idle blocks none of a hundred others', async t => {
    const { connect } = await tcpBench(t)
    await connect()
    const others = await Promise.all(Array.from({ length: 100 }, connect))
    for (const client of others) client.send(scripted(1))
    await Promise.all(others.map(client => client.receive(1)))
  })

  test('that resets the connection costs nothing but its answers', async t => {
    const { connect, responder, drops } = await tcpBench(t)
    const client = await connect()
    client.send(scripted(1, Act.HOLD), scripted(2, Act.HOLD))
    await until(() => responder.heldCount === 2)
    client.socket.resetAndDestroy()
    const other = await connect()
    other.send(scripted(3))
    await other.receive(1)
    responder.letGo()
    await until(() => drops.get('peer gone') === 2)
  })

  test('too many takes the place of the oldest that is idle', async t => {
    const { connect, drops } = await tcpBench(t, { maxConnections: 3 })
    const busy = await connect()
    busy.send(scripted(1, Act.HOLD))
    const idle = await connect()
    idle.send(scripted(1))
    await idle.receive(1)
    const third = await connect()
    third.send(scripted(1))
    await third.receive(1)
    const newest = await connect()
    newest.send(scripted(1))
    await newest.receive(1)
    await idle.ended()
    assert.deepEqual([busy.isEnded, third.isEnded, drops.get('too many connections')], [false, false, 1])
  })

  test('too many is refused when all others are busy', async t => {
    const { connect, responder } = await tcpBench(t, { maxConnections: 2 })
    for (const client of [await connect(), await connect()]) client.send(scripted(1, Act.HOLD))
    await until(() => responder.heldCount === 2)
    await (await connect()).ended()
  })
})

describe('a TCP listener', () => {
  test('handed to another responder under traffic loses nothing', async t => {
    const { connect, listener } = await tcpBench(t)
    const successor = new ScriptedResponder(5)
    const clients = await Promise.all(Array.from({ length: 4 }, connect))
    for (let round = 0; round < 100; round++) {
      if (round === 50) listener.responder = successor
      for (const client of clients) client.send(scripted(round, (round & 7) === 7 ? Act.RELEASE : Act.ECHO))
      await nextTurn()
    }
    for (const client of clients) {
      const replies = await client.receive(88)
      assert.ok(replies.some(reply => reply[3] === 0))
      assert.equal(replies.at(-1)![3], 5)
    }
  })

  test('that closes lets replies under way leave first', async t => {
    const { connect, listener, responder } = await tcpBench(t)
    const client = await connect()
    const idle = await connect()
    client.send(scripted(1, Act.HOLD))
    await until(() => responder.heldCount === 1)
    const closed = listener.close(60_000)
    await idle.ended()
    responder.letGo()
    await closed
    await client.ended()
    assert.deepEqual(ids(client.replies), [1])
    await assert.rejects(StreamClient.connect(listener.port), { code: 'ECONNREFUSED' })
  })

  test('that closes waits no longer than the grace given', async t => {
    const { connect, listener, responder, drops } = await tcpBench(t)
    const client = await connect()
    client.send(scripted(1, Act.HOLD))
    await until(() => responder.heldCount === 1)
    await listener.close(20)
    await client.ended()
    responder.letGo()
    assert.equal(drops.get('peer gone'), 1)
  })

  test('says what cannot be bound in the words of Go', async t => {
    const { listener } = await tcpBench(t)
    const taken = { address: '127.0.0.1', port: listener.port, responder: new ScriptedResponder() }
    await assert.rejects(listenTcp(taken), {
      message: `listen tcp 127.0.0.1:${listener.port}: bind: address already in use`,
    })
    await assert.rejects(listenTcp({ ...taken, address: '192.0.2.1' }), {
      message: `listen tcp 192.0.2.1:${listener.port}: bind: cannot assign requested address`,
    })
  })

  test('leaves nothing open after many connections of all kinds', async t => {
    const { connect, responder } = await tcpBench(t)
    await (await connect()).close()
    const before = openFiles()
    for (let round = 0; round < 100; round++) {
      const clients = await Promise.all(Array.from({ length: 10 }, connect))
      clients.forEach((client, index) => {
        if (index % 3 === 0) client.send(scripted(index))
        if (index % 3 === 1) client.send(scripted(index, Act.HOLD))
        if (index % 4 === 0) client.socket.resetAndDestroy()
      })
      await nextTurn()
      responder.letGo()
      await Promise.all(clients.map(client => client.close()))
    }
    await until(() => {
      responder.letGo()
      return openFiles() <= before
    })
  })

  test('leaves nothing open itself', async () => {
    const responder = new ScriptedResponder()
    const before = openFiles()
    for (let round = 0; round < 300; round++) {
      await (await listenTcp({ address: '127.0.0.1', port: 0, responder })).close(0)
    }
    await until(() => openFiles() <= before && !process.getActiveResourcesInfo().includes('TCPServerWrap'))
  })
})
