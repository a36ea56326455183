import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Reply } from '#plugin/reply.ts'
import { failure, reply } from '#plugin/reply.ts'
import { cache } from '#plugins/cache/index.ts'
import type { PluginUnderTest } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery, rr } from '#test/support/plugin.ts'
import { Rcode } from '#wire/constants.ts'

const SOA = 'example.org. 300 IN SOA ns.example.org. root.example.org. 1 7200 900 1209600 60'
const A = 'a.example.org. 300 IN A 192.0.2.1'

/** A reply from presentation text. */
function made(parts: {
  rcode?: number
  flags?: number
  answer?: string[]
  authority?: string[]
  additional?: string[]
}) {
  return reply('next', {
    rcode: parts.rcode ?? Rcode.NOERROR,
    flags: parts.flags ?? 0,
    answer: (parts.answer ?? []).map(rr),
    authority: (parts.authority ?? []).map(rr),
    additional: (parts.additional ?? []).map(rr),
  })
}

const positive = made({ answer: [A] })
const nxdomain = made({ rcode: Rcode.NXDOMAIN, authority: [SOA] })

function under(text: string, answer: Reply): PluginUnderTest {
  return buildPlugin(cache, text, { next: () => answer })
}

function ask(plugin: PluginUnderTest): Reply {
  return plugin.handler(makeQuery('a.example.org', 'A')) as Reply
}

describe('time to live', () => {
  const ttlOf = (reply: Reply) =>
    reply.uniformTtlSeconds >= 0 ? reply.uniformTtlSeconds : reply.answer.concat(reply.authority)[0]?.ttlSeconds
  const rules: [rule: string, corefile: string, reply: Reply, ttlSeconds: number][] = [
    [
      'the least of all records counts',
      'cache',
      made({ answer: [A], additional: ['b.example.org. 7 IN A 192.0.2.2'] }),
      7,
    ],
    ['at least 5 seconds', 'cache', made({ answer: ['a.example.org. 0 IN A 192.0.2.1'] }), 5],
    ['at most 3600 seconds for answers', 'cache', made({ answer: ['a.example.org. 86400 IN A 192.0.2.1'] }), 3600],
    [
      'at most 1800 seconds for denials',
      'cache',
      made({ authority: ['example.org. 86400 IN SOA a. b. 1 1 1 1 86400'] }),
      1800,
    ],
    ['TTL lowers both', 'cache 30', positive, 30],
    ['TTL lowers denials', 'cache 30', nxdomain, 30],
    ['a maximum below the minimum wins', 'cache 3', positive, 3],
    ['success TTL', 'cache {\n success 1000 20\n}', positive, 20],
    ['success MINTTL', 'cache {\n success 1000 3600 400\n}', positive, 400],
    ['denial TTL and MINTTL', 'cache {\n denial 1000 1000 400\n}', nxdomain, 400],
    ['a denial lives no longer than the SOA MINIMUM (RFC 2308 section 5)', 'cache', nxdomain, 60],
    [
      'a denial lives no longer than its SOA',
      'cache',
      made({ authority: ['example.org. 40 IN SOA a. b. 1 1 1 1 60'] }),
      40,
    ],
    ['an answer does not look at SOA MINIMUM', 'cache', made({ answer: [A], authority: [SOA] }), 300],
    [
      'a TTL with its top bit set is zero (RFC 2181 section 8)',
      'cache',
      reply('next', { answer: [rr(A).withTtl(0x80000001)] }),
      5,
    ],
    ['SERVFAIL lives 5 seconds', 'cache', made({ rcode: Rcode.SERVFAIL, authority: [SOA] }), 5],
    ['servfail DUR', 'cache {\n servfail 90s\n}', made({ rcode: Rcode.SERVFAIL, authority: [SOA] }), 90],
  ]
  for (const [rule, corefile, reply, ttlSeconds] of rules) {
    test(`${rule}: ${ttlSeconds}`, () => {
      const plugin = under(corefile, reply)
      assert.equal(ttlOf(ask(plugin)), ttlSeconds, 'on the miss')
      plugin.clock.advance(1999)
      assert.equal(ttlOf(ask(plugin)), ttlSeconds - 1, 'on a hit')
      plugin.clock.advance((ttlSeconds - 2) * 1000)
      assert.equal(ttlOf(ask(plugin)), 1, 'in the last second')
      assert.equal(plugin.nextQueries.length, 1)
      plugin.clock.advance(1)
      ask(plugin)
      assert.equal(plugin.nextQueries.length, 2, 'afterwards')
    })
  }

  test('MINTTL 0 leaves a TTL of 0 and does not keep the reply', () => {
    const plugin = under('cache {\n success 1000 3600 0\n}', made({ answer: ['a.example.org. 0 IN A 192.0.2.1'] }))
    assert.equal(ttlOf(ask(plugin)), 0)
    ask(plugin)
    assert.equal(plugin.nextQueries.length, 2)
  })

  test('servfail 0 keeps no failure', () => {
    const plugin = under('cache {\n servfail 0\n}', failure(Rcode.SERVFAIL))
    ask(plugin)
    ask(plugin)
    assert.equal(plugin.nextQueries.length, 2)
  })

  test('keepttl: hits carry the TTL of the start, and end as ever', () => {
    const plugin = under('cache {\n keepttl\n}', positive)
    ask(plugin)
    plugin.clock.advance(299_000)
    assert.equal(ttlOf(ask(plugin)), 300)
    plugin.clock.advance(1000)
    ask(plugin)
    assert.equal(plugin.nextQueries.length, 2)
  })

  test('the wall clock does not matter', () => {
    const plugin = under('cache', positive)
    ask(plugin)
    plugin.clock.wallMs = () => 4e12
    assert.equal(ttlOf(ask(plugin)), 300)
  })

  test('a reply that needs no change is handed on as it is', () => {
    assert.equal(ask(under('cache', positive)), positive)
  })
})
