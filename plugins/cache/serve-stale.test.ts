import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { captureLines } from '#lib/output.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { DROPPED, failure, reply } from '#plugin/reply.ts'
import { cache } from '#plugins/cache/index.ts'
import { cancel } from '#plugins/cancel/index.ts'
import type { QueryParts } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery, rr, showReply } from '#test/support/plugin.ts'
import { Flag, OptionCode, Rcode } from '#wire/constants.ts'

const SOA = 'example.org. 10 IN SOA ns.example.org. root.example.org. 1 7200 900 1209600 60'
const answerOf = (last: number) => reply('next', { answer: [rr(`a.example.org. 10 IN A 192.0.2.${last}`)] })
const NXDOMAIN = reply('next', { rcode: Rcode.NXDOMAIN, authority: [rr(SOA)] })
const SERVFAIL = failure(Rcode.SERVFAIL, new Error('unreachable'))

/** What the rest of the chain does: nothing yet, or says something at once. */
type Rest = 'waits' | 'throws' | Reply

/** The cache before a rest of the chain that a test steers; `before` is what comes before it. */
function under(options: string, before = '') {
  let rest: Rest = answerOf(1)
  const waiting: { settle: (reply: Reply) => void; fail: (error: Error) => void; query: Query }[] = []
  const plugin = buildPlugin(cache, `${before}\ncache {\n${options}\n}`, {
    plugins: [cancel, cache],
    next(query) {
      if (rest === 'throws') throw new Error('broken')
      if (rest !== 'waits') return rest
      return new Promise((settle, fail) => waiting.push({ settle, fail, query }))
    },
  })
  const ask = (parts: QueryParts = {}) => plugin.handler(makeQuery('a.example.org', 'A', parts))
  return {
    ask,
    /** The reply at hand, in words; `waits` if there is none. */
    now(parts: QueryParts = {}): string {
      const answer = ask(parts)
      return answer instanceof Promise ? 'waits' : showReply(answer)
    },
    rest: (next: Rest) => void (rest = next),
    /** Ends what waits with a reply, or with a failure. */
    async end(reply: Reply | Error): Promise<void> {
      for (const { settle, fail } of waiting.splice(0)) reply instanceof Error ? fail(reply) : settle(reply)
      await sleep(0)
    },
    advance: (seconds: number) => plugin.clock.advance(seconds * 1000),
    waiting,
    asked: () => plugin.nextQueries.length,
    counted(name: string): number {
      const line = new RegExp(`^coredns_cache_${name}\\{.*\\} (\\d+)$`, 'gm')
      return [...plugin.metrics.expose().matchAll(line)].reduce((sum, match) => sum + Number(match[1]), 0)
    },
  }
}

const STALE_1 = 'NOERROR aa\nanswer a.example.org. 0 IN A 192.0.2.1'
/** As from the rest of the chain, and then from the store. */
const NEWER_2 = 'NOERROR\nanswer a.example.org. 10 IN A 192.0.2.2'
const FRESH_2 = 'NOERROR aa\nanswer a.example.org. 10 IN A 192.0.2.2'

/** One whose answer, 192.0.2.1 for ten seconds, is over, and which has to wait for a newer one. */
function over(options: string) {
  const cached = under(options)
  cached.now()
  cached.advance(10)
  cached.rest('waits')
  return cached
}

describe('serve_stale', () => {
  it('answers with what is over while it is asked for anew, and then with what is newer', async () => {
    const { now, end, asked } = over('serve_stale')
    assert.equal(now(), STALE_1)
    assert.equal(asked(), 2)
    await end(answerOf(2))
    assert.equal(now(), FRESH_2)
  })

  it('asks for it once at a time', async () => {
    const { now, end, asked } = over('serve_stale')
    for (let i = 0; i < 5; i++) assert.equal(now(), STALE_1)
    assert.equal(asked(), 2)
    await end(SERVFAIL)
    now()
    assert.equal(asked(), 3)
  })

  for (const [options, seconds] of [
    ['serve_stale', 3600],
    ['serve_stale 90s', 90],
    ['serve_stale 1500ms', 1],
  ] as const) {
    it(`${options}: for ${seconds} s`, () => {
      const { now, advance } = over(options)
      advance(seconds - 1)
      assert.equal(now(), STALE_1)
      advance(1)
      assert.equal(now(), 'waits')
    })
  }

  it('serve_stale 0 is not at all', () => assert.equal(over('serve_stale 0').now(), 'waits'))

  const STAYS: [what: string, end: Reply | Error][] = [
    ['nobody has written a reply', SERVFAIL],
    ['the reply is SERVFAIL', reply('next', { rcode: Rcode.SERVFAIL })],
    ['the reply is REFUSED', reply('next', { rcode: Rcode.REFUSED })],
    ['the reply is truncated', answerOf(2).with({ flags: Flag.TC })],
    ['the reply answers something else', reply('next', { answer: [rr('b.example. 10 IN A 192.0.2.66')] })],
    ['there is no reply', DROPPED],
    ['a plugin fails', new Error('broken')],
  ]
  for (const [what, end] of STAYS) {
    for (const mode of ['immediate', 'verify']) {
      it(`${mode}: what is over stays when ${what}`, async t => {
        t.after(captureLines(() => {}))
        const cached = over(`serve_stale 1h ${mode}`)
        const answer = cached.ask()
        await cached.end(end)
        assert.equal(showReply(await answer), STALE_1)
        cached.advance(60)
        const again = cached.ask()
        await cached.end(end)
        assert.equal(showReply(await again), STALE_1)
      })
    }
  }

  it('what the rest of the chain has at hand is never answered stale', () => {
    for (const mode of ['immediate', 'verify', 'verify 1s']) {
      const { now, rest, counted } = over(`serve_stale 1h ${mode}`)
      rest(answerOf(2))
      assert.equal(now(), NEWER_2)
      assert.deepEqual([counted('served_stale_total'), counted('hits_total'), counted('misses_total')], [0, 0, 2])
    }
  })

  it('a plugin that throws is told of, and what is over is served', t => {
    const lines: string[] = []
    t.after(captureLines(line => lines.push(line)))
    const { now, rest } = over('serve_stale')
    rest('throws')
    assert.equal(now(), STALE_1)
    assert.match(lines.join('\n'), /^\[ERROR\] plugin\/cache: asking anew for a\.example\.org\. A: Error: broken/)
  })

  it('asks anew with AD and all the room there is, and gives AD to those alone who want it', async () => {
    const { ask, end, waiting } = over('serve_stale 1h verify')
    const [plain, wanting] = [ask(), ask({ flags: Flag.RD | Flag.AD })]
    assert.deepEqual(
      waiting.map(({ query }) => [query.isStream, (query.flags & Flag.AD) !== 0]),
      [
        [true, true],
        [true, true],
      ],
    )
    await end(answerOf(2).with({ flags: Flag.AD }))
    assert.deepEqual([(await plain).flags & Flag.AD, (await wanting).flags & Flag.AD], [0, Flag.AD])
  })

  it('says that the answer is stale to those who can be told (RFC 8914)', () => {
    const ede = (answer: Reply) => answer.options.map(({ code, data }) => [code, [...data]])
    const answer = over('serve_stale')
    assert.deepEqual(ede(answer.ask() as Reply), [[OptionCode.EDE, [0, 3]]])
    const denial = under('serve_stale')
    denial.rest(NXDOMAIN)
    denial.now()
    denial.advance(60)
    denial.rest('waits')
    assert.deepEqual(ede(denial.ask() as Reply), [[OptionCode.EDE, [0, 19]]])
  })

  it('counts', async () => {
    const { now, end, counted } = over('serve_stale')
    now()
    now()
    await end(answerOf(2))
    now()
    const names = ['requests_total', 'misses_total', 'hits_total', 'served_stale_total', 'prefetch_total']
    assert.deepEqual(names.map(counted), [4, 1, 3, 2, 1])
  })

  it('never answers with a failure that is over', () => {
    const { now, rest, advance } = under('serve_stale')
    rest(SERVFAIL)
    now()
    advance(5)
    rest('waits')
    assert.equal(now(), 'waits')
  })

  it('answers with what is over rather than with a failure that is stored', () => {
    const { now, rest, advance } = under('prefetch 1\nserve_stale')
    now()
    advance(9)
    rest(SERVFAIL)
    assert.match(now(), /^NOERROR/)
    advance(1)
    rest('waits')
    assert.equal(now(), STALE_1)
  })

  it('an answer takes the place of a denial that is over', async () => {
    const { now, rest, advance, end } = under('serve_stale')
    rest(NXDOMAIN)
    now()
    advance(10)
    rest('waits')
    assert.match(now(), /^NXDOMAIN/)
    await end(answerOf(2))
    assert.equal(now(), FRESH_2)
    advance(10)
    assert.equal(now(), FRESH_2.replace(' 10 ', ' 0 '))
  })

  const TTLS: [options: string, ttlSeconds: number][] = [
    ['serve_stale 1h immediate 30s', 30],
    ['serve_stale 1h IMMEDIATE 0', 0],
    ['serve_stale 1h\nkeepttl', 10],
    ['serve_stale 1h immediate 30s\nkeepttl', 30],
  ]
  for (const [options, ttlSeconds] of TTLS) {
    it(`${options.replace('\n', ', ')}: a time to live of ${ttlSeconds}`, () => {
      assert.equal(over(options).now(), STALE_1.replace(' 0 ', ` ${ttlSeconds} `))
    })
  }
})

describe('serve_stale with a recheck', () => {
  for (const mode of ['immediate 0', 'verify 0 0', 'verify 5s 0']) {
    it(`${mode}: does not try again for so long after a failure`, async () => {
      const { ask, end, advance, asked } = over(`serve_stale 1h ${mode} 30s`)
      const answer = ask()
      await end(SERVFAIL)
      assert.equal(showReply(await answer), STALE_1)
      advance(29)
      assert.equal(showReply(await ask()), STALE_1)
      assert.equal(asked(), 2)
      advance(1)
      void ask()
      assert.equal(asked(), 3)
    })
  }

  it('verify: others need not wait while one does', async () => {
    const { ask, now, end } = over('serve_stale 1h verify 0 0 30s')
    const first = ask()
    assert.equal(now(), STALE_1)
    await end(answerOf(2))
    assert.equal(showReply(await first), NEWER_2)
  })
})

describe('serve_stale with verify', () => {
  it('waits for what is newer, and counts it as a miss', async () => {
    const { ask, end, counted } = over('serve_stale 1h verify')
    const answer = ask()
    await end(answerOf(2))
    assert.equal(showReply(await answer), NEWER_2)
    assert.deepEqual(['misses_total', 'hits_total', 'served_stale_total'].map(counted), [2, 0, 0])
  })

  it('no longer than its timeout, and goes on behind the back of the asker', async () => {
    const { ask, now, end } = over('serve_stale 1h verify 20ms')
    assert.equal(showReply(await ask()), STALE_1)
    await end(answerOf(2))
    assert.equal(now(), FRESH_2)
  })

  it('no longer than the asker has time', async () => {
    const { now, ask, advance, rest } = under('serve_stale 1h verify', 'cancel 100ms')
    now()
    advance(10)
    rest('waits')
    assert.equal(showReply(await ask()), STALE_1)
  })

  it('takes a newer denial for an answer', async () => {
    const { ask, end } = over('serve_stale 1h verify')
    const answer = ask()
    await end(NXDOMAIN)
    assert.match(showReply(await answer), /^NXDOMAIN\n/)
  })
})

describe('serve_stale_policy prefer_positive', () => {
  const PREFER = 'serve_stale 1h verify\nserve_stale_policy prefer_positive'

  it('an answer that is over goes before a newer denial, which is kept for later', async () => {
    const { ask, now, end, advance } = over(`denial 1000 7200\n${PREFER}`)
    const answer = ask()
    await end(NXDOMAIN.with({ authority: [rr(SOA.replace(' 10 ', ' 7200 ').replace(/60$/, '7200'))] }))
    assert.equal(showReply(await answer), STALE_1)
    advance(3600)
    assert.match(now(), /^NXDOMAIN aa\nauthority example\.org\. 3600 /)
  })

  it('nor does a reply without answer take its place', async () => {
    const { ask, end } = over(PREFER)
    for (let i = 0; i < 2; i++) {
      const answer = ask()
      await end(reply('next', {}))
      assert.equal(showReply(await answer), STALE_1)
    }
  })

  it('a newer answer does, and ends the denial', async () => {
    const { ask, now, end, advance } = over(PREFER)
    for (const next of [NXDOMAIN, answerOf(2)]) {
      void ask()
      await end(next)
    }
    assert.equal(now(), FRESH_2)
    advance(10)
    const answer = ask()
    await end(SERVFAIL)
    assert.equal(showReply(await answer), FRESH_2.replace(' 10 ', ' 0 '))
  })
})
