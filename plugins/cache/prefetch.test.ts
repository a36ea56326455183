import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reply } from '#plugin/reply.ts'
import { failure, reply } from '#plugin/reply.ts'
import { cache } from '#plugins/cache/index.ts'
import { buildPlugin, makeQuery, rr } from '#test/support/plugin.ts'
import { Rcode } from '#wire/constants.ts'

const SOA = 'example.org. 100 IN SOA ns.example.org. root.example.org. 1 7200 900 1209600 100'
const answerOf = (last: number) => reply('next', { answer: [rr(`a.example.org. 100 IN A 192.0.2.${last}`)] })
const NXDOMAIN = reply('next', { rcode: Rcode.NXDOMAIN, authority: [rr(SOA)] })
const SERVFAIL = failure(Rcode.SERVFAIL, new Error('unreachable'))

/** The cache before a rest of the chain whose replies, good for 100 seconds, come when the test says so. */
function under(options: string, first: Reply = answerOf(1)) {
  let isFirst = true
  const waiting: ((reply: Reply) => void)[] = []
  const plugin = buildPlugin(cache, `cache {\n${options}\n}`, {
    next() {
      if (!isFirst) return new Promise(resolve => waiting.push(resolve))
      isFirst = false
      return first
    },
  })
  const ask = () => plugin.handler(makeQuery('a.example.org', 'A'))
  ask()
  return {
    /** Asks so many times; what the last answer says. */
    hit(times = 1): string {
      let last = ''
      for (let i = 0; i < times; i++) {
        const answer = ask()
        if (answer instanceof Promise) return 'waits'
        const [record] = answer.answer
        last = record === undefined ? `rcode ${answer.rcode}` : `.${record.rdata[3]} for ${answer.uniformTtlSeconds}`
      }
      return last
    },
    advance: (seconds: number) => plugin.clock.advance(seconds * 1000),
    /** How often the rest of the chain was asked anew. */
    asked: () => plugin.nextQueries.length - 1,
    async end(reply: Reply): Promise<void> {
      for (const settle of waiting.splice(0)) settle(reply)
      await sleep(0)
    },
    prefetches: () => Number(/^coredns_cache_prefetch_total\{.*\} (\d+)$/m.exec(plugin.metrics.expose())![1]),
  }
}

describe('prefetch', () => {
  const RULES: [rule: string, options: string, hits: [atSeconds: number, times: number][], asked: number][] = [
    ['when a tenth is left', 'prefetch 1', [[90, 1]], 1],
    ['not before', 'prefetch 1', [[89, 9]], 0],
    ['with a percentage, when so much is left', 'prefetch 1 1m 50%', [[50, 1]], 1],
    ['with a percentage, not before', 'prefetch 1 1m 50%', [[49, 9]], 0],
    [
      'after so many queries',
      'prefetch 3',
      [
        [80, 2],
        [90, 1],
      ],
      1,
    ],
    [
      'not after fewer',
      'prefetch 3',
      [
        [80, 1],
        [90, 1],
      ],
      0,
    ],
    [
      'not after a gap longer than the window',
      'prefetch 3 5s',
      [
        [84, 9],
        [90, 2],
      ],
      0,
    ],
    [
      'after a gap as long as the window',
      'prefetch 3 6s',
      [
        [84, 2],
        [90, 1],
      ],
      1,
    ],
    [
      'once',
      'prefetch 1',
      [
        [90, 5],
        [95, 5],
      ],
      1,
    ],
    ['prefetch 0 is never', 'prefetch 0', [[99, 9]], 0],
  ]
  for (const [rule, options, hits, expected] of RULES) {
    it(`${rule} (${options})`, () => {
      const { hit, advance, asked } = under(options)
      let now = 0
      for (const [atSeconds, times] of hits) {
        advance(atSeconds - now)
        now = atSeconds
        assert.notEqual(hit(times), 'waits')
      }
      assert.equal(asked(), expected)
    })
  }

  it('answers with what there is, and then with what is newer, and counts', async () => {
    const { hit, advance, end, prefetches } = under('prefetch 1')
    advance(95)
    assert.equal(hit(), '.1 for 5')
    await end(answerOf(2))
    assert.equal(hit(), '.2 for 100')
    assert.equal(prefetches(), 1)
  })

  it('what was popular stays so when it is newer', async () => {
    const { hit, advance, end, asked } = under('prefetch 5')
    advance(95)
    hit(5)
    await end(answerOf(2))
    advance(50)
    hit()
    advance(45)
    hit()
    assert.equal(asked(), 2)
  })

  it('a failure changes nothing, and it is tried again', async () => {
    const { hit, advance, end, asked } = under('prefetch 1')
    advance(95)
    hit()
    await end(SERVFAIL)
    assert.equal(hit(), '.1 for 5')
    assert.equal(asked(), 2)
  })

  it('a name that is there now is no longer denied', async () => {
    const { hit, advance, end } = under('prefetch 1', NXDOMAIN)
    advance(95)
    assert.equal(hit(), `rcode ${Rcode.NXDOMAIN}`)
    await end(answerOf(2))
    assert.equal(hit(), '.2 for 100')
  })

  it('with prefer_positive it takes an answer to end a denial', async () => {
    const { hit, advance, end } = under('prefetch 1\nserve_stale\nserve_stale_policy prefer_positive', NXDOMAIN)
    advance(95)
    hit()
    await end(reply('next', {}))
    assert.equal(hit(), `rcode ${Rcode.NXDOMAIN}`)
    await end(answerOf(2))
    assert.equal(hit(), '.2 for 100')
  })

  it('a name that is gone is denied', async () => {
    const { hit, advance, end } = under('prefetch 1')
    advance(95)
    hit()
    await end(NXDOMAIN)
    assert.equal(hit(), `rcode ${Rcode.NXDOMAIN}`)
  })
})
