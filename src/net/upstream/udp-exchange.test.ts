import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import process from 'node:process'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { systemClock } from '#lib/clock.ts'
import { cLibrary } from '#net/batch/c-library.ts'
import { listenUdpInBatches } from '#net/udp-batch.ts'
import type { UdpExchange } from '#net/upstream/udp-exchange.ts'
import type { ExchangeOptions } from '#net/upstream/upstream.ts'
import type { FakeExchange, FakeUpstream } from '#test/support/fake-upstream.ts'
import { ScriptedResponder } from '#test/support/scripted-responder.ts'
import { until } from '#test/support/until.ts'
import { question, startBed } from '#test/support/upstream-bed.ts'
import { a } from '#wire/build.ts'
import { Class, Flag, Rcode, Type } from '#wire/constants.ts'
import { name } from '#wire/name.ts'

const c = cLibrary()
const ONCE: ExchangeOptions = { tcp: false, retryTruncated: false, deadlineMs: Number.POSITIVE_INFINITY }
const WAYS: readonly [way: string, setting: string, skip: string | false][] = [
  ['sockets of the C library', '', c === null && 'needs node:ffi and Linux'],
  ['sockets of node:dgram', 'dgram', false],
]

for (const [way, setting, skip] of WAYS) {
  describe(`questions over UDP with ${way}`, { skip }, () => {
    beforeEach(() => {
      process.env['NODENS_UDP'] = setting
    })
    afterEach(() => {
      delete process.env['NODENS_UDP']
    })

    test('only the reply to the question on this socket ends the wait', async t => {
      const bed = await startBed(t, exchange => {
        if (exchange.transport === 'tcp') return
        const { id } = exchange.message
        exchange.send(Buffer.from([0]))
        exchange.send(Buffer.from([id >> 8, id & 0xff, ...Buffer.alloc(20, 0xff)]))
        exchange.send(exchange.octets) // QR is not set.
        exchange.reply({ questions: [{ name: name('other.test'), type: Type.A, class: Class.IN }] })
        exchange.reply({ questions: [{ name: name('www.test'), type: Type.AAAA, class: Class.IN }] })
        exchange.reply({ questions: [{ name: name('www.test'), type: Type.A, class: Class.CH }] })
        exchange.reply({ questions: [] })
        exchange.reply({ answer: [a(name('www.test'), 60, '192.0.2.1')] })
      })
      const reply = await bed.ask()
      assert.deepEqual([...reply.answer[0]!.rdata], [192, 0, 2, 1])
      assert.deepEqual(bed.ignored.slice(0, 3), ['malformed', 'malformed', 'malformed'])
      assert.equal(bed.ignored.filter(reason => reason === 'wrong_question').length >= 3, true)
      assert.equal(bed.ignored.length, 7)
    })

    test('the question of a reply is compared without regard to letter case', async t => {
      const bed = await startBed(t, exchange =>
        exchange.reply({ questions: [{ name: name('wWw.TEST'), type: Type.A, class: Class.IN }] }),
      )
      assert.equal((await bed.ask()).rcode, Rcode.NOERROR)
    })

    test('a wrong ID from the upstream moves the question to TCP at once', async t => {
      const bed = await startBed(t, exchange => {
        if (exchange.transport === 'udp') exchange.reply({ id: exchange.message.id ^ 1 })
        else exchange.reply({ answer: [a(name('www.test'), 60, '192.0.2.2')] })
      })
      const reply = await bed.ask()
      assert.deepEqual([...reply.answer[0]!.rdata], [192, 0, 2, 2])
      assert.deepEqual(bed.ignored, ['wrong_id'])
    })

    test('after a wrong ID the right UDP reply is still taken when the upstream has no TCP', async t => {
      const bed = await startBed(
        t,
        exchange => {
          exchange.reply({ id: exchange.message.id ^ 1 })
          exchange.reply({ rcode: Rcode.NXDOMAIN })
        },
        {},
        { tcp: false },
      )
      assert.equal((await bed.ask()).rcode, Rcode.NXDOMAIN)
    })

    test('a UDP reply larger than was advertised is asked for again over TCP', async t => {
      const many = Array.from({ length: 100 }, (_, i) => a(name('www.test'), 60, `192.0.2.${i}`))
      const bed = await startBed(t, exchange => exchange.reply({ answer: many }))
      assert.equal((await bed.ask()).answer.length, 100)
      assert.deepEqual(bed.ignored, ['oversize'])
      assert.deepEqual(transports(bed.fake), ['udp', 'tcp'])
    })

    test('every query leaves from a new port under a new ID', async t => {
      const bed = await startBed(t, exchange => exchange.reply())
      for (let i = 0; i < 40; i++) await bed.ask()
      assert.equal(new Set(bed.fake.exchanges.map(exchange => exchange.clientPort)).size > 35, true)
      assert.equal(new Set(bed.fake.exchanges.map(exchange => exchange.message.id)).size > 35, true)
      assert.equal(bed.upstream.openSockets, 0)
    })

    test('the OPT record is ours: 1232 octets, DO as asked, no options', async t => {
      const bed = await startBed(t, exchange => exchange.reply())
      await bed.ask({ edns: true, dnssecOk: true, flags: Flag.RD | Flag.CD | Flag.AD })
      await bed.ask({ edns: false })
      const [first, second] = bed.fake.exchanges.map(exchange => exchange.message)
      assert.deepEqual(first!.edns, { version: 0, udpSizeOctets: 1232, dnssecOk: true, options: [] })
      assert.equal(first!.flags, Flag.RD | Flag.CD | Flag.AD)
      assert.equal(second!.edns, null)
    })

    test('a question that is asked again is sent again, once in a while and by the same socket', async t => {
      let nowMs = 0
      t.mock.method(systemClock, 'nowMs', () => nowMs)
      const begun: UdpExchange[] = []
      const bed = await startBed(t, exchange => (exchange.index === 0 ? undefined : exchange.reply()))
      const reply = bed.upstream.exchange(question(), { ...ONCE, onUdp: exchange => void begun.push(exchange) })
      begun[0]!.askedAgain()
      await bed.fake.received(1)
      nowMs = 100
      for (let i = 0; i < 10; i++) begun[0]!.askedAgain()
      assert.equal((await reply).rcode, Rcode.NOERROR)
      begun[0]!.askedAgain()
      const [lost, again, ...rest] = bed.fake.exchanges
      assert.deepEqual([again!.octets, again!.clientPort], [lost!.octets, lost!.clientPort])
      assert.equal(rest.length, 0)
    })

    test("an upstream that says nothing costs the read timeout and an error in Go's words", async t => {
      const bed = await startBed(t, () => {}, { readTimeoutMs: 30 })
      await assert.rejects(bed.ask(), /^ExchangeError: read udp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: i\/o timeout$/)
      await assert.rejects(
        bed.ask({}, true),
        /^ExchangeError: read tcp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: i\/o timeout$/,
      )
      assert.equal(bed.upstream.openSockets, 0)
    })

    test('a port that nobody listens on is an error at once', async t => {
      const bed = await startBed(t, () => {}, { readTimeoutMs: 60_000 }, { udp: false, tcp: false })
      await assert.rejects(bed.ask(), /^ExchangeError: read udp .*: read: connection refused$/)
      await assert.rejects(bed.ask({}, true), /^ExchangeError: dial tcp 127\.0\.0\.1:\d+: connect: connection refused$/)
      assert.equal(bed.upstream.openSockets, 0)
    })

    test('the deadline of the query ends the wait before the read timeout does', async t => {
      const bed = await startBed(t, () => {}, { readTimeoutMs: 60_000 })
      await assert.rejects(bed.ask({}, false, systemClock.nowMs() + 30), /i\/o timeout/)
    })
  })
}

test('a query that comes with many replies is answered after some of them', {
  skip: c === null && 'needs node:ffi and Linux',
}, async t => {
  const REPLIES = 40
  const order: string[] = []
  const responder = new ScriptedResponder()
  const answer = t.mock.method(responder, 'answer', () => {
    order.push('query')
    return 0
  })
  const listener = listenUdpInBatches(c!, { address: '127.0.0.1', port: 0, responder })
  const client = createSocket('udp4').bind(0, '127.0.0.1')
  t.after(async () => {
    client.close()
    await listener.close(0)
  })
  await once(client, 'listening')
  const held: FakeExchange[] = []
  const bed = await startBed(t, exchange => {
    held.push(exchange)
    if (held.length < REPLIES) return
    for (const each of held) each.reply()
    client.send('?', listener.port, '127.0.0.1')
  })
  await Promise.all(Array.from({ length: REPLIES }, () => bed.ask().then(() => order.push('reply'))))
  await until(() => answer.mock.callCount() === 1)
  assert.ok(order.indexOf('query') <= REPLIES / 2, order.join())
})

function transports(fake: FakeUpstream): string[] {
  return fake.exchanges.map(exchange => exchange.transport)
}
