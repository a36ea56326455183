import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import type { FakeExchange } from '#test/support/fake-upstream.ts'
import { startFakeUpstream } from '#test/support/fake-upstream.ts'
import { FakeClock, rr } from '#test/support/plugin.ts'
import { bootServer } from '#test/support/server.ts'
import { Flag, Rcode } from '#wire/constants.ts'
import { formatName } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

const SOA = rr('example. 300 IN SOA ns.example. root.example. 1 7200 900 1209600 60')

/** A server with cache and forward, whose upstream does what `script` says and whose clock the test moves. */
async function serverWith(t: TestContext, script: (exchange: FakeExchange) => void, options = '') {
  const upstream = await startFakeUpstream(script)
  t.after(() => upstream.close())
  const clock = new FakeClock()
  const server = await bootServer(`. {\n cache ${options}\n forward . ${upstream.address}\n}\n`, { clock })
  t.after(() => server.close())
  return { ask: server.ask, clock, asked: () => upstream.exchanges.length }
}

const owned = (exchange: FakeExchange, text: string) => rr(text).withOwner(exchange.message.questions[0]!.name)

test('RFC 2308 section 5: a denial lives as long as the less of SOA TTL and MINIMUM, counted down', async t => {
  const { ask, clock, asked } = await serverWith(t, exchange =>
    exchange.reply({ rcode: Rcode.NXDOMAIN, authority: [SOA] }),
  )
  assert.equal((await ask('no.example', 'A')).authority[0]!.ttlSeconds, 60)
  clock.advance(59_000)
  const late = await ask('no.example', 'A')
  assert.deepEqual([late.rcode, late.authority[0]!.ttlSeconds], [Rcode.NXDOMAIN, 1])
  assert.equal(asked(), 1)
  clock.advance(1000)
  await ask('no.example', 'A')
  assert.equal(asked(), 2)
})

test('RFC 2308 section 5: NXDOMAIN without SOA is not kept', async t => {
  const { ask, asked } = await serverWith(t, exchange => exchange.reply({ rcode: Rcode.NXDOMAIN }))
  await ask('no.example', 'A')
  await ask('no.example', 'A')
  assert.equal(asked(), 2)
})

test('RFC 2308 section 7.1, RFC 9520: a server failure is kept, for a short time', async t => {
  const { ask, clock, asked } = await serverWith(t, exchange => exchange.reply({ rcode: Rcode.SERVFAIL }))
  await ask('bad.example', 'A')
  const again = asked()
  for (let i = 0; i < 20; i++) assert.equal((await ask('bad.example', 'A')).rcode, Rcode.SERVFAIL)
  assert.equal(asked(), again)
  clock.advance(5000)
  await ask('bad.example', 'A')
  assert.ok(asked() > again)
})

test('RFC 2181 section 5.2: the records of a set have one TTL', async t => {
  const { ask } = await serverWith(t, exchange =>
    exchange.reply({ answer: ['x. 30 IN A 192.0.2.1', 'x. 90 IN A 192.0.2.2'].map(text => owned(exchange, text)) }),
  )
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(
      (await ask('a.example', 'A')).answer.map(record => record.ttlSeconds),
      [30, 30],
    )
  }
})

test('RFC 2181 section 5.4.1: additional data answers no other question', async t => {
  const { ask, asked } = await serverWith(t, exchange =>
    exchange.reply({
      answer: [owned(exchange, 'x. 300 IN MX 1 bank.example.')],
      additional: [rr('bank.example. 300 IN A 192.0.2.66')],
    }),
  )
  await ask('a.example', 'MX')
  await ask('bank.example', 'A')
  assert.equal(asked(), 2)
})

test('RFC 2181 section 9: a truncated reply is not kept', async t => {
  const { ask, asked } = await serverWith(t, exchange => exchange.reply({ flags: Flag.QR | Flag.TC | Flag.RD }))
  await ask('a.example', 'A')
  const first = asked()
  await ask('a.example', 'A')
  assert.equal(asked(), 2 * first)
})

test('RFC 3597: data of unknown types passes octet by octet, twice', async t => {
  const rdata = Uint8Array.from({ length: 200 }, (_, i) => (i * 37) & 255)
  const { ask, asked } = await serverWith(t, exchange =>
    exchange.reply({ answer: [new ResourceRecord(exchange.message.questions[0]!.name, 65_280, 1, 300, rdata)] }),
  )
  for (let i = 0; i < 2; i++) assert.deepEqual((await ask('a.example', 'TYPE65280')).answer[0]!.rdata, rdata)
  assert.equal(asked(), 1)
})

test('RFC 4343: names match in any letter case, and each asker sees its own', async t => {
  const { ask, asked } = await serverWith(t, exchange =>
    exchange.reply({ answer: [owned(exchange, 'x. 300 IN A 192.0.2.1')] }),
  )
  for (const text of ['WWW.example.', 'www.EXAMPLE.', 'wWw.eXaMpLe.']) {
    const { questions, answer } = await ask(text, 'A')
    assert.deepEqual([formatName(questions[0]!.name), formatName(answer[0]!.owner)], [text, text])
  }
  assert.equal(asked(), 1)
})

test('RFC 6840 section 5.7, CVE-2024-0874: DO and CD have replies of their own', async t => {
  const { ask, asked } = await serverWith(t, exchange =>
    exchange.reply({ answer: [owned(exchange, `x. 300 IN A 192.0.2.${exchange.index}`)] }),
  )
  const variants = [{}, { dnssecOk: true }, { flags: Flag.RD | Flag.CD }, { dnssecOk: true, flags: Flag.RD | Flag.CD }]
  for (let round = 0; round < 2; round++) {
    for (const [index, variant] of variants.entries()) {
      assert.equal((await ask('a.example', 'A', variant)).answer[0]!.rdata[3], index)
    }
  }
  assert.equal(asked(), 4)
})

test('RFC 6891 section 6.1.1: OPT is never kept, but made for each query', async t => {
  const { ask } = await serverWith(t, exchange =>
    exchange.reply({ answer: [owned(exchange, 'x. 300 IN A 192.0.2.1')] }),
  )
  assert.notEqual((await ask('a.example', 'A')).edns, null)
  assert.equal((await ask('a.example', 'A', { edns: false })).edns, null)
  assert.notEqual((await ask('a.example', 'A')).edns, null)
})
