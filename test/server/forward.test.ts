import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { forward } from '#plugins/forward/index.ts'
import { exchange, queryOctets } from '#test/support/client.ts'
import type { FakeExchange, FakeUpstream } from '#test/support/fake-upstream.ts'
import { startFakeUpstream } from '#test/support/fake-upstream.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'
import { a } from '#wire/build.ts'
import { Flag, OptionCode, Rcode } from '#wire/constants.ts'
import { decodeMessage } from '#wire/decode.ts'
import type { Message } from '#wire/message.ts'
import { formatName, name } from '#wire/name.ts'

/** A little longer than a question that was sent is not sent again. */
const SHARED_MS = 120

test('a client gets its own ID and letter case, whoever asked first', async t => {
  const held: FakeExchange[] = []
  const { server, up } = await boot(t, each => void held.push(each))
  const spellings = ['www.test', 'WWW.test', 'www.TEST']
  const replies = spellings.map((text, i) => exchange(server.port, queryOctets(text, 'A', {}, 100 + i)))
  await up.received(1)
  await until(() => server.metrics().includes('nodens_forward_coalesced_queries_total 2'))
  held[0]!.reply({ answer: [a(held[0]!.message.questions[0]!.name, 30, '192.0.2.1')] })
  for (const [i, octets] of (await Promise.all(replies)).entries()) {
    const message = decodeMessage(octets) as Message
    assert.equal(message.id, 100 + i)
    assert.equal(formatName(message.questions[0]!.name), `${spellings[i]}.`)
    assert.equal(formatName(message.answer[0]!.owner), `${spellings[i]}.`)
  }
  assert.equal(up.exchanges.length, 1)
})

test('a question whose datagram was lost is sent again, under its ID from its port, when somebody asks it again', async t => {
  const { server, up } = await boot(t, each => (each.index === 0 ? undefined : each.reply()), 'read_timeout 1m')
  const first = server.ask('www.test', 'A')
  await up.received(1)
  await pause(SHARED_MS)
  assert.equal((await server.ask('www.test', 'A')).rcode, Rcode.NOERROR)
  assert.equal((await first).rcode, Rcode.NOERROR)
  const [lost, again, ...rest] = up.exchanges
  assert.deepEqual(again!.octets, lost!.octets)
  assert.equal(again!.clientPort, lost!.clientPort)
  assert.equal(rest.length, 0)
})

test('what the client alone may say to us does not go upstream', async t => {
  const { server, up } = await boot(t, each => each.reply())
  const options = [OptionCode.COOKIE, OptionCode.CLIENT_SUBNET, 65_001].map(code => ({ code, data: new Uint8Array(8) }))
  await server.ask('www.test', 'A', { bufsize: 4096, dnssecOk: true, options })
  assert.deepEqual(up.exchanges[0]!.message.edns, {
    version: 0,
    udpSizeOctets: 1232,
    dnssecOk: true,
    options: [],
  })
})

test('a reply larger than the client takes is truncated for it', async t => {
  const many = Array.from({ length: 60 }, (_, i) => a(name('www.test'), 30, `192.0.2.${i}`))
  const { server } = await boot(t, each => each.reply({ answer: many }))
  const small = await server.ask('www.test', 'A', { edns: false })
  assert.equal(small.flags & Flag.TC, Flag.TC)
  assert.equal(small.answer.length < 60, true)
  assert.equal((await server.ask('www.test', 'A')).answer.length, 60)
  assert.equal((await server.ask('www.test', 'A', { edns: false, tcp: true })).answer.length, 60)
})

test('opcodes other than QUERY never reach an upstream', async t => {
  const { server, up } = await boot(t, each => each.reply())
  for (const tcp of [false, true]) {
    for (const opcode of [1, 2, 5, 6, 15]) {
      assert.equal((await server.ask('www.test', 'A', { opcode, tcp })).rcode, Rcode.NOTIMP)
    }
  }
  assert.equal(up.exchanges.length, 0)
})

test('junk before the right reply does no harm', async t => {
  const { server } = await boot(t, each => {
    if (each.transport === 'udp') {
      each.send(Buffer.from([0]))
      each.send(Buffer.alloc(600, 0xff))
    }
    each.reply({ answer: [a(name('www.test'), 30, '192.0.2.1')] })
  })
  assert.equal((await server.ask('www.test', 'A')).answer.length, 1)
})

test('without a reply the client is told SERVFAIL', async t => {
  const { server } = await boot(t, () => {}, 'read_timeout 20ms')
  assert.equal((await server.ask('www.test', 'A')).rcode, Rcode.SERVFAIL)
})

test('a reload lets the queries of the old configuration finish', async t => {
  const held: FakeExchange[] = []
  const { server, up } = await boot(t, each => void held.push(each))
  const asked = server.ask('www.test', 'A')
  await up.received(1)
  server.writeCorefile(`. {\nforward . ${up.address} {\nmax_fails 3\n}\n}`)
  const reloaded = server.runtime.reload()
  const fresh = server.ask('new.test', 'A')
  await up.received(2)
  for (const each of held) each.reply()
  assert.equal((await asked).rcode, Rcode.NOERROR)
  assert.equal((await fresh).rcode, Rcode.NOERROR)
  await reloaded
})

async function boot(
  t: TestContext,
  script: (exchange: FakeExchange) => void,
  options = '',
): Promise<{ server: TestServer; up: FakeUpstream }> {
  const up = await startFakeUpstream(script)
  t.after(() => up.close())
  const block = options === '' ? '' : `{\n${options}\n}`
  const server = await bootServer(`. {\nforward . ${up.address} ${block}\n}`, { plugins: [forward] })
  t.after(() => server.close())
  return { server, up }
}
