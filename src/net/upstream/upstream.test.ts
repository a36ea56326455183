import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SocketBudget } from '#net/upstream/socket-budget.ts'
import type { FakeExchange } from '#test/support/fake-upstream.ts'
import { startFakeUpstream } from '#test/support/fake-upstream.ts'
import { until } from '#test/support/until.ts'
import { question, startBed } from '#test/support/upstream-bed.ts'
import { Class, Flag, Rcode, Type } from '#wire/constants.ts'
import { foldName, name, ROOT } from '#wire/name.ts'

test('a truncated reply is passed on, or asked for again over TCP when that is wanted', async t => {
  const bed = await startBed(t, exchange =>
    exchange.reply({ flags: Flag.QR | (exchange.transport === 'udp' ? Flag.TC : 0) }),
  )
  const options = { tcp: false, deadlineMs: Number.POSITIVE_INFINITY }
  const kept = await bed.upstream.exchange(question(), { ...options, retryTruncated: false })
  assert.equal(kept.flags & Flag.TC, Flag.TC)
  const whole = await bed.upstream.exchange(question(), { ...options, retryTruncated: true })
  assert.equal(whole.flags & Flag.TC, 0)
})

test('a TCP connection is used again', async t => {
  const bed = await startBed(t, exchange => exchange.reply())
  for (let i = 0; i < 5; i++) await bed.ask({}, true)
  assert.equal(bed.fake.connections, 1)
  assert.deepEqual(bed.sockets, ['tcp miss', 'tcp hit', 'tcp hit', 'tcp hit', 'tcp hit'])
})

test('a pooled connection that the upstream closed is redialed without an error', async t => {
  const bed = await startBed(t, exchange => {
    if (exchange.index === 1) exchange.close()
    else exchange.reply()
  })
  await bed.ask({}, true)
  await bed.ask({}, true)
  assert.equal(bed.fake.connections, 2)
})

test('an upstream that accepts and closes costs one connection on a first question and two on a pooled one', async t => {
  const bed = await startBed(t, exchange => {
    if (exchange.index === 1) exchange.reply()
    else exchange.close()
  })
  await assert.rejects(bed.ask({}, true), /^ExchangeError: read tcp .*: (EOF|read: connection reset by peer)$/)
  assert.equal(bed.fake.connections, 1)
  await bed.ask({}, true)
  await assert.rejects(bed.ask({}, true), /EOF|reset/)
  assert.equal(bed.fake.connections, 3)
})

test('a silence on one connection ends the idle ones too', async t => {
  const bed = await startBed(
    t,
    exchange => {
      if (exchange.index < 3) exchange.reply()
    },
    { readTimeoutMs: 200 },
  )
  await Promise.all([bed.ask({}, true), bed.ask({}, true), bed.ask({}, true)])
  assert.equal(bed.upstream.openSockets, 3)
  await assert.rejects(bed.ask({}, true), /i\/o timeout/)
  assert.equal(bed.upstream.openSockets, 0)
})

test('questions beyond sixteen connections are pipelined, and replies may come in any order', async t => {
  const waiting: FakeExchange[] = []
  const bed = await startBed(t, exchange => {
    waiting.push(exchange)
    if (waiting.length < 100) return
    for (const each of waiting.reverse())
      each.reply({ rcode: Number(each.message.questions[0]!.name.charCodeAt(1)) % 6 })
  })
  const names = Array.from({ length: 100 }, (_, i) => name(`${String.fromCharCode(97 + (i % 26))}${i}.test`))
  const replies = await Promise.all(names.map(each => bed.ask({ name: each, folded: foldName(each) }, true)))
  assert.deepEqual(
    replies.map(reply => reply.rcode),
    names.map(each => each.charCodeAt(1) % 6),
  )
  assert.equal(bed.fake.connections, 16)
})

test('idle connections are closed after expire, beyond max_idle_conns, and when they are too old', async t => {
  const expiring = await startBed(t, exchange => exchange.reply(), { expireMs: 20 })
  await expiring.ask({}, true)
  await until(() => expiring.upstream.openSockets === 0)

  const few = await startBed(t, exchange => exchange.reply(), { maxIdleConnections: 1 })
  await Promise.all([few.ask({}, true), few.ask({}, true), few.ask({}, true)])
  assert.equal(few.upstream.openSockets, 1)

  const aging = await startBed(t, exchange => exchange.reply(), { maxAgeMs: 1 })
  await aging.ask({}, true)
  await new Promise(resolve => setTimeout(resolve, 5))
  await aging.ask({}, true)
  assert.equal(aging.fake.connections, 2)
})

test('a message in single octets is put together, and several in one chunk are taken apart', async t => {
  const held: FakeExchange[] = []
  const bed = await startBed(t, async exchange => {
    if (exchange.index === 0) {
      for (const octet of framed(exchange)) {
        exchange.write(Buffer.from([octet]))
        await new Promise(resolve => setImmediate(resolve))
      }
    } else if (held.push(exchange) === 40) {
      const byPort = Map.groupBy(held, each => each.clientPort)
      for (const each of byPort.values()) each[0]!.write(Buffer.concat(each.map(framed)))
    }
  })
  await bed.ask({}, true)
  const replies = await Promise.all(Array.from({ length: 40 }, () => bed.ask({}, true)))
  assert.equal(replies.length, 40)
})

test('without sockets left an exchange fails and nothing is opened', async t => {
  const bed = await startBed(t, () => {}, { readTimeoutMs: 50 }, {}, new SocketBudget(1))
  const first = bed.ask()
  await assert.rejects(bed.ask(), /dial udp 127\.0\.0\.1:\d+: too many sockets to upstreams/)
  await assert.rejects(bed.ask({}, true), /too many sockets to upstreams/)
  await assert.rejects(first, /timeout/)
})

test('probing goes on until the upstream answers anything, and counts failures meanwhile', async t => {
  const bed = await startBed(t, exchange => {
    if (exchange.index === 0) exchange.reply({ rcode: Rcode.REFUSED })
  })
  await bed.fake.close()
  bed.upstream.startProbing()
  await until(() => bed.upstream.fails >= 3)
  assert.equal(bed.probesFailed() >= 3, true)
  const again = await startFakeUpstream(exchange => exchange.reply({ rcode: Rcode.REFUSED }), { port: bed.fake.port })
  t.after(() => again.close())
  await until(() => bed.upstream.fails === 0)
  const { questions, flags } = again.exchanges[0]!.message
  assert.deepEqual(questions, [{ name: ROOT, type: Type.NS, class: Class.IN }])
  assert.equal(flags, Flag.RD)
})

test('closing ends exchanges under way and closes every socket', async t => {
  const bed = await startBed(t, () => {}, { readTimeoutMs: 60_000 })
  const asked = [bed.ask(), bed.ask({}, true)]
  await bed.fake.received(2)
  bed.upstream.startProbing()
  bed.upstream.close()
  for (const each of asked) await assert.rejects(each, /use of closed network connection/)
  assert.equal(bed.upstream.openSockets, 0)
  assert.equal(bed.budget.open, 0)
  await assert.rejects(bed.ask(), /use of closed network connection/)
  await assert.rejects(bed.ask({}, true), /use of closed network connection/)
})

function framed(exchange: FakeExchange): Buffer {
  const octets = exchange.encode()
  return Buffer.concat([Buffer.from([octets.length >> 8, octets.length & 0xff]), octets])
}
