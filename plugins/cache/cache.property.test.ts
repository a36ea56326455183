import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { failure, reply } from '#plugin/reply.ts'
import { cache } from '#plugins/cache/index.ts'
import { buildPlugin, makeQuery, rr, showReply } from '#test/support/plugin.ts'
import { SlowCache } from '#test/support/slow-cache.ts'
import { Flag, Rcode } from '#wire/constants.ts'

const soa = (ttl: number, minimum: number) => rr(`example. ${ttl} IN SOA ns.example. root.example. 1 1 1 1 ${minimum}`)

/** Replies that the rest of the chain may give, made for the query so that the owner has its letter case. */
const replies: ((query: Query, ttl: number) => Reply)[] = [
  (query, ttl) => reply('next', { flags: Flag.RA, answer: [rr(`x. ${ttl} IN A 192.0.2.1`).withOwner(query.name)] }),
  (query, ttl) =>
    reply('next', {
      flags: Flag.RA | Flag.AD,
      answer: [rr('x. 9 IN A 192.0.2.1'), rr('x. 11 IN A 192.0.2.2')].map(record => record.withOwner(query.name)),
      additional: [rr(`ns.example. ${ttl} IN A 192.0.2.53`)],
    }),
  (_, ttl) => reply('next', { rcode: Rcode.NXDOMAIN, authority: [soa(ttl, 7)] }),
  (_, ttl) => reply('next', { authority: [soa(12, ttl)] }),
  () => reply('next', { rcode: Rcode.SERVFAIL }),
  () => failure(Rcode.SERVFAIL, new Error('timeout')),
  () => reply('next', { rcode: Rcode.NXDOMAIN }),
  () => reply('next', { rcode: Rcode.REFUSED }),
  (query, ttl) => reply('next', { flags: Flag.TC, answer: [rr(`x. ${ttl} IN A 192.0.2.1`).withOwner(query.name)] }),
  () => reply('next', {}),
]

const step = fc.record({
  waitMs: fc.oneof(fc.integer({ min: 0, max: 1500 }), fc.integer({ min: 0, max: 9000 })),
  name: fc.constantFrom('a.example', 'A.example', 'b.example', 'b.EXAMPLE', 'c.example'),
  type: fc.constantFrom('A', 'A', 'A', 'AAAA'),
  flags: fc.constantFrom(Flag.RD, Flag.RD, Flag.RD, Flag.RD | Flag.AD, Flag.RD | Flag.CD),
  dnssecOk: fc.constantFrom(false, false, false, true),
  reply: fc.integer({ min: 0, max: replies.length - 1 }),
  ttl: fc.integer({ min: 0, max: 20 }),
})

test('any queries at any time get what the slow cache gives', () => {
  const run = fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), steps => {
    let current = steps[0]!
    const answerOf = (query: Query) => {
      // The answer is for the type asked for, so that it is one.
      const made = replies[current.reply]!(query, current.ttl)
      return query.type === 1 ? made : made.with({ answer: [] })
    }
    const plugin = buildPlugin(cache, 'cache {\n success 1 15 2\n denial 1 10 3\n servfail 4s\n}', { next: answerOf })
    const slow = new SlowCache({ success: { min: 2, max: 15 }, denial: { min: 3, max: 10 }, servfail: 4 })
    for (const each of steps) {
      current = each
      plugin.clock.advance(each.waitMs)
      const query = makeQuery(each.name, each.type, { flags: each.flags, dnssecOk: each.dnssecOk })
      const expected = slow.answer(query.copy(), plugin.clock.nowMs(), () => answerOf(query))
      assert.equal(showReply(plugin.handler(query) as Reply), showReply(expected))
    }
  })
  fc.assert(run, { numRuns: 150, seed: Number(process.env['NODENS_SEED'] ?? 20261120) })
})
