import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { systemClock } from '#lib/clock.ts'
import { cLibrary } from '#net/batch/c-library.ts'
import { listenUdpInBatches } from '#net/udp-batch.ts'
import { upstreamAddress } from '#net/upstream/address.ts'
import type { Ignored } from '#net/upstream/observer.ts'
import type { UpstreamQuestion } from '#net/upstream/question.ts'
import { SocketBudget } from '#net/upstream/socket-budget.ts'
import type { UpstreamOptions } from '#net/upstream/upstream.ts'
import { Upstream } from '#net/upstream/upstream.ts'
import type { FakeExchange, FakeUpstream, FakeUpstreamOptions } from '#test/support/fake-upstream.ts'
import { startFakeUpstream } from '#test/support/fake-upstream.ts'
import { ScriptedResponder } from '#test/support/scripted-responder.ts'
import { until } from '#test/support/until.ts'
import { a } from '#wire/build.ts'
import { Class, Flag, Rcode, Type } from '#wire/constants.ts'
import { foldName, name, ROOT } from '#wire/name.ts'

const c = cLibrary()

const OPTIONS: UpstreamOptions = {
  sourceAddress: null,
  readTimeoutMs: 2000,
  expireMs: 10_000,
  maxAgeMs: 0,
  maxIdleConnections: 0,
  healthCheck: { intervalMs: 20, recursionDesired: true, domain: ROOT, tcp: false },
}

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

test('a query that comes with several replies does not wait until all of these are dealt with', {
  skip: c === null && 'needs node:ffi and Linux',
}, async t => {
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
    if (held.length < 3) return
    for (const each of held) each.reply()
    client.send('?', listener.port, '127.0.0.1')
  })
  await Promise.all([1, 2, 3].map(() => bed.ask().then(() => order.push('reply'))))
  await until(() => answer.mock.callCount() === 1)
  assert.deepEqual(order, ['query', 'reply', 'reply', 'reply'])
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

test("an upstream that says nothing costs the read timeout and an error in Go's words", async t => {
  const bed = await startBed(t, () => {}, { readTimeoutMs: 30 })
  await assert.rejects(bed.ask(), /^ExchangeError: read udp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: i\/o timeout$/)
  await assert.rejects(bed.ask({}, true), /^ExchangeError: read tcp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: i\/o timeout$/)
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

interface Bed {
  readonly fake: FakeUpstream
  readonly upstream: Upstream
  readonly budget: SocketBudget
  readonly ignored: Ignored[]
  readonly sockets: string[]
  probesFailed(): number
  ask(parts?: Partial<UpstreamQuestion>, tcp?: boolean, deadlineMs?: number): ReturnType<Upstream['exchange']>
}

async function startBed(
  t: TestContext,
  script: (exchange: FakeExchange) => void,
  options: Partial<UpstreamOptions> = {},
  listen: FakeUpstreamOptions = {},
  budget: SocketBudget = new SocketBudget(1000),
): Promise<Bed> {
  const fake = await startFakeUpstream(script, listen)
  const ignored: Ignored[] = []
  const sockets: string[] = []
  let probesFailed = 0
  const observer = {
    answered() {},
    ignored: (reason: Ignored) => void ignored.push(reason),
    socket: (protocol: string, hit: boolean) => void sockets.push(`${protocol} ${hit ? 'hit' : 'miss'}`),
    probeFailed: () => void probesFailed++,
  }
  const address = upstreamAddress('127.0.0.1', fake.port)!
  const upstream = new Upstream(address, { ...OPTIONS, ...options }, observer, budget, systemClock)
  t.after(async () => {
    upstream.close()
    await fake.close().catch(() => {})
  })
  const ask: Bed['ask'] = (parts = {}, tcp = false, deadlineMs = Number.POSITIVE_INFINITY) =>
    upstream.exchange({ ...question(), ...parts }, { tcp, retryTruncated: false, deadlineMs })
  return { fake, upstream, budget, ignored, sockets, probesFailed: () => probesFailed, ask }
}

function question(): UpstreamQuestion {
  const asked = name('www.test')
  const folded = foldName(asked)
  return { name: asked, folded, type: Type.A, class: Class.IN, flags: Flag.RD, edns: true, dnssecOk: false }
}

function framed(exchange: FakeExchange): Buffer {
  const octets = exchange.encode()
  return Buffer.concat([Buffer.from([octets.length >> 8, octets.length & 0xff]), octets])
}

function transports(fake: FakeUpstream): string[] {
  return fake.exchanges.map(exchange => exchange.transport)
}
