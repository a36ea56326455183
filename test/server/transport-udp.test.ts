import assert from 'node:assert/strict'
import type { Socket } from 'node:dgram'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import type { TestContext } from 'node:test'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CLibrary } from '#net/batch/c-library.ts'
import { cLibrary } from '#net/batch/c-library.ts'
import type { DropReason } from '#net/drop.ts'
import type { Listener } from '#net/responder.ts'
import { listenTcp } from '#net/tcp.ts'
import { listenUdpInBatches } from '#net/udp-batch.ts'
import { listenUdp } from '#net/udp-dgram.ts'
import type { UdpOptions } from '#net/udp-options.ts'
import { openFiles } from '#test/support/open-files.ts'
import { Act, idOf, ScriptedResponder, scripted } from '#test/support/scripted-responder.ts'
import { StreamClient } from '#test/support/stream-client.ts'
import { until } from '#test/support/until.ts'

const c = cLibrary()
const hasIpv6 = Object.values(networkInterfaces()).some(each => each?.some(({ address }) => address === '::1'))

const TRANSPORTS: readonly [name: string, listen: (options: UdpOptions) => Promise<Listener>, skip: string | false][] =
  [
    ['portable', listenUdp, false],
    [
      'batched',
      async options => listenUdpInBatches(c!, options),
      c === null && 'needs node:ffi and Linux on x86-64 or arm64',
    ],
  ]

class Client {
  readonly socket: Socket
  readonly replies: { octets: Uint8Array; from: string; port: number }[] = []

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('message', (octets, { address, port }) => this.replies.push({ octets, from: address, port }))
    socket.on('error', () => {})
  }

  async receive(count: number): Promise<number[]> {
    await until(() => this.replies.length >= count)
    return this.replies.map(({ octets }) => idOf(octets)).sort((a, b) => a - b)
  }
}

interface Bench {
  readonly listener: Listener
  readonly responder: ScriptedResponder
  readonly drops: Map<DropReason, number>
  connect(type?: 'udp4' | 'udp6'): Promise<Client>
  send(client: Client, ...messages: readonly Uint8Array[]): void
}

for (const [name, listen, skip] of TRANSPORTS) {
  const bench = async (t: TestContext, options: Partial<UdpOptions> = {}): Promise<Bench> => {
    const responder = new ScriptedResponder()
    const drops = new Map<DropReason, number>()
    const onDrop = (reason: DropReason, count: number) => void drops.set(reason, (drops.get(reason) ?? 0) + count)
    const listener = await listen({ address: '127.0.0.1', port: 0, responder, onDrop, ...options })
    const sockets: Socket[] = []
    const closed = new Set<Socket>()
    t.after(async () => {
      for (const socket of sockets) if (!closed.has(socket)) socket.close()
      await listener.close(0)
    })
    const connect = async (type: 'udp4' | 'udp6' = 'udp4') => {
      const socket = dgram.createSocket(type)
      sockets.push(socket)
      socket.on('close', () => closed.add(socket))
      socket.bind(0, type === 'udp4' ? '127.0.0.1' : '::1')
      await once(socket, 'listening')
      return new Client(socket)
    }
    const send = (client: Client, ...messages: readonly Uint8Array[]) => {
      const host = client.socket.address().family === 'IPv6' ? '::1' : '127.0.0.1'
      for (const message of messages) client.socket.send(message, listener.port, host)
    }
    return { listener, responder, drops, connect, send }
  }

  describe(`UDP, ${name} transport`, { skip }, () => {
    test('a query at hand and a query that waits are answered', async t => {
      const { responder, connect, send } = await bench(t)
      const client = await connect()
      send(client, scripted(1, Act.HOLD), scripted(2), scripted(3, Act.HOLD))
      assert.deepEqual(await client.receive(1), [2])
      await until(() => responder.heldCount === 2)
      responder.letGo()
      assert.deepEqual(await client.receive(3), [1, 2, 3])
    })

    test('a query may get the largest reply at hand, several messages, or none', async t => {
      const { responder, connect, send } = await bench(t)
      const client = await connect()
      send(client, scripted(1, Act.LARGE), scripted(2, Act.SEVERAL), scripted(3, Act.DROP), scripted(4, Act.RELEASE))
      assert.deepEqual(await client.receive(4), [1, 2, 2, 2])
      await until(() => responder.asked.length === 4)
      assert.equal(client.replies.find(({ octets }) => idOf(octets) === 1)!.octets.length, 4096)
    })

    test('queries of many clients get to each its own', async t => {
      const { responder, connect, send } = await bench(t)
      const clients = await Promise.all(Array.from({ length: 20 }, () => connect()))
      for (let round = 0; round < 10; round++) {
        clients.forEach((client, index) => {
          send(client, scripted(index * 100 + round, [Act.ECHO, Act.DROP, Act.HOLD][round % 3]))
        })
      }
      await until(() => responder.heldCount === 60)
      responder.letGo()
      for (const [index, client] of clients.entries()) {
        const expected = [0, 2, 3, 5, 6, 8, 9].map(round => index * 100 + round)
        assert.deepEqual(await client.receive(expected.length), expected)
      }
    })

    test('the asker is known by address, port and family, and so is the address asked', async t => {
      const { responder, listener, connect, send } = await bench(t)
      const client = await connect()
      send(client, scripted(1, Act.HOLD))
      await until(() => responder.heldCount === 1)
      const { peer, isStream } = responder.asked[0]!
      assert.deepEqual(
        [isStream, peer.family, peer.address, peer.port, peer.localAddress, peer.localPort],
        [false, 4, '127.0.0.1', client.socket.address().port, '127.0.0.1', listener.port],
      )
    })

    test('a wildcard socket serves IPv4 and IPv6, and shows IPv4 clients as such', { skip: !hasIpv6 }, async t => {
      for (const address of ['', '0.0.0.0', '::']) {
        const { responder, listener, connect, send } = await bench(t, { address })
        assert.equal(listener.address, '::')
        const [client4, client6] = [await connect('udp4'), await connect('udp6')]
        send(client4, scripted(4), scripted(44, Act.HOLD))
        send(client6, scripted(6), scripted(66, Act.HOLD))
        await until(() => responder.heldCount === 2)
        responder.letGo()
        assert.deepEqual(await client4.receive(2), [4, 44])
        assert.deepEqual(await client6.receive(2), [6, 66])
        const askers = responder.asked.map(({ peer }) => `${peer.family} ${peer.address}`)
        assert.deepEqual(askers.sort(), ['4 127.0.0.1', '4 127.0.0.1', '6 ::1', '6 ::1'])
      }
    })

    test('an IPv6 address serves IPv6', { skip: !hasIpv6 }, async t => {
      const { responder, connect, send } = await bench(t, { address: '::1' })
      const client = await connect('udp6')
      send(client, scripted(1), scripted(2, Act.HOLD))
      await until(() => responder.heldCount === 1)
      responder.letGo()
      assert.deepEqual(await client.receive(2), [1, 2])
      assert.equal(responder.asked[0]!.peer.localAddress, '::1')
    })

    test('datagrams of any length are handed over, and none does harm', async t => {
      const { responder, connect, send } = await bench(t)
      const client = await connect()
      for (const length of [0, 1, 2, 11, 12, 600, 4095, 4096, 9000, 65507]) {
        send(client, new Uint8Array(length).fill(Act.DROP))
        await until(() => responder.asked.length > 0)
        const asked = responder.asked.pop()!.octets.length
        assert.equal(asked, name === 'batched' ? Math.min(length, 4096) : length)
      }
      send(client, scripted(1))
      await client.receive(1)
    })

    test('a reply that the system refuses is counted, and the others leave', async t => {
      const { drops, connect, send } = await bench(t)
      const client = await connect()
      send(client, scripted(1), scripted(2, Act.LATE_LARGEST), scripted(3))
      assert.deepEqual(await client.receive(2), [1, 3])
      await until(() => drops.get('send error') === 1)
    })

    test('a client that is gone costs nothing', async t => {
      const { responder, connect, send } = await bench(t)
      const gone = await connect()
      send(gone, ...Array.from({ length: 50 }, (_, id) => scripted(id, Act.HOLD)))
      await until(() => responder.heldCount === 50)
      gone.socket.close()
      await once(gone.socket, 'close')
      responder.letGo()
      const client = await connect()
      send(client, scripted(1))
      await client.receive(1)
    })

    test('many queries at once are all answered', async t => {
      const { connect, send } = await bench(t)
      const client = await connect()
      for (let first = 0; first < 2000; first += 100) {
        send(client, ...Array.from({ length: 100 }, (_, id) => scripted(first + id)))
        await client.receive(first + 100)
      }
    })

    test('many replies that become ready together all leave', async t => {
      const { responder, connect, send, drops } = await bench(t)
      const client = await connect()
      client.socket.setRecvBufferSize(1 << 20)
      for (let first = 0; first < 600; first += 100) {
        send(client, ...Array.from({ length: 100 }, (_, id) => scripted(first + id, Act.HOLD)))
        await until(() => responder.heldCount === first + 100)
      }
      responder.letGo()
      await client.receive(600)
      assert.equal(drops.size, 0)
    })

    test('another responder takes over under traffic without a loss', async t => {
      const { listener, connect, send } = await bench(t)
      const client = await connect()
      const successor = new ScriptedResponder(7)
      for (let round = 0; round < 40; round++) {
        if (round === 20) listener.responder = successor
        send(client, ...Array.from({ length: 20 }, (_, id) => scripted(round * 20 + id)))
        if (round % 4 === 3) await client.receive(round * 20 + 20)
      }
      await client.receive(800)
      assert.deepEqual(new Set(client.replies.map(({ octets }) => octets[3])), new Set([0, 7]))
    })

    test('promises are kept at once, not with the next event', async t => {
      const { listener, connect, send } = await bench(t)
      listener.responder = {
        begin() {},
        isSettled: false,
        answer(octets, start, end, peer) {
          const message = octets.slice(start, end)
          const waiting = peer.detach()
          void Promise.resolve().then(async () => {
            await null
            waiting.send(message)
          })
          return 0
        },
      }
      const client = await connect()
      send(client, scripted(1))
      await client.receive(1)
    })

    test('closing waits for replies under way, and takes no more queries', async t => {
      const { listener, responder, connect, send } = await bench(t)
      const client = await connect()
      send(client, scripted(1, Act.HOLD))
      await until(() => responder.heldCount === 1)
      const closed = listener.close(60_000)
      send(client, scripted(2))
      for (let turn = 0; turn < 20; turn++) await nextTurn()
      responder.letGo()
      await closed
      assert.deepEqual(await client.receive(1), [1])
      assert.equal(responder.asked.length, 1)
    })

    test('closing waits no longer than the grace given; what comes later is counted', async t => {
      const { listener, responder, connect, send, drops } = await bench(t)
      const client = await connect()
      send(client, scripted(1, Act.HOLD))
      await until(() => responder.heldCount === 1)
      await listener.close(10)
      responder.letGo()
      assert.equal(drops.get('peer gone'), 1)
    })

    test('an address that cannot be bound is told in the words of Go', async t => {
      const { listener, responder } = await bench(t)
      await assert.rejects(listen({ address: '127.0.0.1', port: listener.port, responder }), {
        message: `listen udp 127.0.0.1:${listener.port}: bind: address already in use`,
        code: 'EADDRINUSE',
      })
      await assert.rejects(listen({ address: '192.0.2.1', port: 0, responder }), {
        message: 'listen udp 192.0.2.1:0: bind: cannot assign requested address',
      })
      await assert.rejects(listen({ address: 'not-an-address', port: 0, responder }))
    })

    test('sockets may share an address when both say so', async t => {
      const { listener, responder } = await bench(t, { reusePort: true })
      const other = await listen({ address: '127.0.0.1', port: listener.port, responder, reusePort: true })
      assert.equal(other.port, listener.port)
      await other.close(0)
    })

    test('opening and closing many times leaves nothing open', async () => {
      const responder = new ScriptedResponder()
      const before = openFiles()
      for (let round = 0; round < 1000; round++) {
        await (await listen({ address: '127.0.0.1', port: 0, responder })).close(0)
      }
      await until(() => openFiles() <= before && !process.getActiveResourcesInfo().includes('UDPWrap'))
    })
  })
}

describe('UDP, batched transport only', { skip: c === null && 'needs node:ffi and Linux on x86-64 or arm64' }, () => {
  const everywhere = ['127.0.0.1', '127.0.0.2', '127.8.7.6']

  test('a wildcard socket answers from the address that was asked, at once and late', async t => {
    const responder = new ScriptedResponder()
    const listener = listenUdpInBatches(c!, { address: '', port: 0, responder })
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const client = new Client(socket)
    t.after(async () => {
      socket.close()
      await listener.close(0)
    })
    for (const [id, address] of everywhere.entries()) {
      client.socket.send(scripted(id), listener.port, address)
      client.socket.send(scripted(id + 10, Act.HOLD), listener.port, address)
      client.socket.send(scripted(id + 20, Act.SEVERAL), listener.port, address)
    }
    await until(() => responder.heldCount === everywhere.length)
    responder.letGo()
    await client.receive(everywhere.length * 5)
    for (const { octets, from, port } of client.replies) {
      assert.deepEqual([from, port], [everywhere[idOf(octets) % 10], listener.port])
    }
    const asked = responder.asked.map(({ peer }) => peer.localAddress)
    assert.deepEqual(new Set(asked), new Set(everywhere))
  })

  test('queries that the kernel dropped are counted', async () => {
    const drops = new Map<DropReason, number>()
    const onDrop = (reason: DropReason, count: number) => void drops.set(reason, (drops.get(reason) ?? 0) + count)
    const responder = new ScriptedResponder()
    const options = { address: '127.0.0.1', port: 0, responder, onDrop, receiveBufferOctets: 4096 }
    const listener = listenUdpInBatches(c!, options)
    const socket = dgram.createSocket('udp4')
    // One turn of the loop, in which nothing is read.
    for (let id = 0; id < 500; id++) socket.send(scripted(id, Act.DROP), listener.port, '127.0.0.1')
    await new Promise<void>(resolve =>
      socket.send(scripted(500, Act.DROP), listener.port, '127.0.0.1', () => resolve()),
    )
    await until(() => responder.asked.length > 0)
    for (let turn = 0; turn < 10; turn++) await nextTurn()
    await listener.close(0)
    assert.equal(responder.asked.length + (drops.get('receive buffer full') ?? 0), 501)
    assert.ok(responder.asked.length < 501)
    socket.close()
  })

  test('others have their turn under a flood', async t => {
    let calls = 0
    const flooded: CLibrary = {
      ...c!,
      recvmmsg(_fd, _headers, count) {
        calls++
        return Number(count) // As many messages as are asked for, for ever: all from port 0.
      },
    }
    const listener = listenUdpInBatches(flooded, { address: '127.0.0.1', port: 0, responder: new ScriptedResponder() })
    t.after(() => listener.close(0))
    const tcp = await listenTcp({ address: '127.0.0.1', port: 0, responder: new ScriptedResponder() })
    t.after(() => tcp.close(0))
    const spark = dgram.createSocket('udp4') // Makes the socket readable, which it stays.
    spark.send('x', listener.port, '127.0.0.1', () => spark.close())
    await until(() => calls > 0)
    let mostInTurn = 0
    for (let turn = 0; turn < 10; turn++) {
      const before = calls
      await nextTurn()
      mostInTurn = Math.max(mostInTurn, calls - before)
    }
    const client = await StreamClient.connect(tcp.port)
    client.send(scripted(1))
    await client.receive(1)
    await client.close()
    assert.ok(mostInTurn <= 16, `${mostInTurn} batches in a row`)
  })
})
