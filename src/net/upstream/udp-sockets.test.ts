import assert from 'node:assert/strict'
import type { RemoteInfo, Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import process from 'node:process'
import type { TestContext } from 'node:test'
import { describe, test } from 'node:test'
import { cLibrary } from '#net/batch/c-library.ts'
import { upstreamAddress } from '#net/upstream/address.ts'
import { DgramSocket } from '#net/upstream/dgram-socket.ts'
import { udpSocketsTo } from '#net/upstream/udp-sockets.ts'
import { until } from '#test/support/until.ts'

const WAYS: readonly [way: string, setting: string, skip: string | false][] = [
  ['the C library', '', cLibrary() === null && 'needs node:ffi and Linux'],
  ['node:dgram', 'dgram', false],
]

/** A peer on `host` that answers everything with copies of `reply`, and one socket of ours to it. */
async function startPair(
  t: TestContext,
  setting: string,
  host: string,
  source: string | null,
  reply: Buffer,
  copies: number = 1,
) {
  const peer: Socket = createSocket(host.includes(':') ? 'udp6' : 'udp4').bind(0, host)
  t.after(() => peer.close())
  await once(peer, 'listening')
  const asked: { octets: Buffer; from: RemoteInfo }[] = []
  peer.on('message', (octets, from) => {
    asked.push({ octets, from })
    for (let i = 0; i < copies; i++) peer.send(reply, from.port, from.address)
  })
  process.env['NODENS_UDP'] = setting
  const makeSocket = udpSocketsTo(upstreamAddress(host, peer.address().port)!, source)
  delete process.env['NODENS_UDP']
  const received: Buffer[] = []
  const failures: string[] = []
  const socket = makeSocket({
    received: octets => void received.push(Buffer.from(octets)),
    failed: (operation, error) => void failures.push(`${operation} ${error.code}`),
  })
  t.after(() => socket.close())
  return { asked, received, failures, socket }
}

for (const [way, setting, skip] of WAYS) {
  describe(`a connected socket by way of ${way}`, { skip }, () => {
    const paths: readonly [host: string, source: string | null, from: string][] = [
      ['127.0.0.1', null, '127.0.0.1'],
      ['127.0.0.1', '127.0.0.7', '127.0.0.7'],
      ['::1', null, '::1'],
      ['::1', '::1', '::1'],
    ]
    for (const [host, source, from] of paths) {
      test(`reaches ${host} from ${source ?? 'where the system likes'}`, async t => {
        const { asked, received, failures, socket } = await startPair(t, setting, host, source, Buffer.from('yes'))
        assert.equal(socket.local, '')
        const message = Buffer.from('question')
        socket.send(message)
        message.fill(0)
        await until(() => received.length === 1)
        assert.deepEqual([received[0]!.toString(), asked[0]!.octets.toString()], ['yes', 'question'])
        assert.equal(asked[0]!.from.address, from)
        const shown = from.includes(':') ? `[${from}]` : from
        assert.equal(socket.local, `${shown}:${asked[0]!.from.port}`)
        assert.deepEqual(failures, [])
      })
    }

    test('takes the largest datagram whole, and an empty one', async t => {
      const large = Buffer.alloc(65_507, 7)
      const { received, socket } = await startPair(t, setting, '127.0.0.1', null, large)
      socket.send(Buffer.alloc(12))
      await until(() => received.length === 1)
      assert.deepEqual(received[0], large)
      const { received: none, socket: other } = await startPair(t, setting, '127.0.0.1', null, Buffer.alloc(0))
      other.send(Buffer.alloc(12))
      await until(() => none.length === 1)
      assert.equal(none[0]!.length, 0)
    })

    test('tells of an address that is not ours', async t => {
      const { failures, socket } = await startPair(t, setting, '127.0.0.1', '192.0.2.1', Buffer.alloc(0))
      socket.send(Buffer.alloc(12))
      await until(() => failures.length > 0)
      assert.deepEqual(failures, ['dial EADDRNOTAVAIL'])
      assert.equal(socket.local, '')
    })

    test('hears nothing more once it is closed', async t => {
      const { asked, received, socket } = await startPair(t, setting, '127.0.0.1', null, Buffer.from('1'), 2)
      received.push = (...octets) => {
        socket.close()
        return Array.prototype.push.apply(received, octets)
      }
      socket.send(Buffer.alloc(12))
      await until(() => received.length === 1)
      const { received: others, socket: other } = await startPair(t, setting, '127.0.0.1', null, Buffer.from('2'))
      other.send(Buffer.alloc(12))
      await until(() => others.length === 1)
      assert.deepEqual([asked.length, received.length, others.length], [1, 1, 1])
    })
  })
}

test('an address with a zone is for node:dgram, which finds out the number of the interface', () => {
  const owner = { received() {}, failed() {} }
  const sockets = udpSocketsTo(upstreamAddress('fe80::1%lo', 53)!, null)(owner)
  assert.ok(sockets instanceof DgramSocket)
  sockets.close()
})
