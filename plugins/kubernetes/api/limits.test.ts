import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Logger } from '#plugin/log.ts'
import { API_BACKOFF, Backoff } from '#plugins/kubernetes/api/backoff.ts'
import { FailureLog } from '#plugins/kubernetes/api/failure-log.ts'
import { Pacer } from '#plugins/kubernetes/api/pacer.ts'
import { TokenBucket } from '#plugins/kubernetes/api/token-bucket.ts'
import { Turnstile } from '#plugins/kubernetes/api/turnstile.ts'
import { FakeClock } from '#test/support/plugin.ts'

describe('Backoff', () => {
  it('doubles from 0.8 s to 30 s, each wait up to twice its step, and begins again after a success', () => {
    const backoff = new Backoff(API_BACKOFF)
    for (let round = 0; round < 2; round++) {
      for (const stepMs of [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]) {
        const ms = backoff.next()
        assert.ok(ms >= stepMs && ms <= Math.min(2 * stepMs, 30_000), `${ms} after the step ${stepMs}`)
      }
      backoff.reset()
    }
  })
})

describe('TokenBucket', () => {
  it('lets a burst through, then so many a second', () => {
    const bucket = new TokenBucket(5, 3)
    assert.deepEqual(
      [0, 0, 0, 0, 0].map(ms => bucket.take(ms)),
      [0, 0, 0, 200, 400],
    )
    assert.equal(bucket.take(1000), 0)
    assert.deepEqual(
      [60_000, 60_000, 60_000, 60_000].map(ms => bucket.take(ms)),
      [0, 0, 0, 200],
    )
  })
})

describe('Turnstile', () => {
  it('lets so many in at a time, in the order of their coming', async () => {
    const turnstile = new Turnstile(2)
    const inside: number[] = []
    const leave: (() => void)[] = []
    const all = [0, 1, 2, 3].map(async i => {
      leave[i] = await turnstile.enter()
      inside.push(i)
    })
    await new Promise(setImmediate)
    assert.deepEqual(inside, [0, 1])
    leave[1]!()
    leave[1]!()
    await new Promise(setImmediate)
    assert.deepEqual(inside, [0, 1, 2])
    leave[0]!()
    await Promise.all(all)
  })

  it('without a bound lets everybody in', async () => {
    const turnstile = new Turnstile(0)
    await Promise.all(Array.from({ length: 100 }, () => turnstile.enter()))
  })
})

describe('Pacer', () => {
  it('gives each turn of the event loop to one worker', async () => {
    const pacer = new Pacer()
    const turns: number[] = []
    let turn = 0
    let isOver = false
    const count = (): void => {
      turn++
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    const work = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) {
        await pacer.rest()
        turns.push(turn)
      }
    }
    await Promise.all([work(), work(), work()])
    isOver = true
    assert.equal(new Set(turns).size, 15)
  })

  it('says that a turn has been long enough after 0.05 ms', async () => {
    const clock = new FakeClock()
    const pacer = new Pacer(clock)
    assert.equal(pacer.isDue(), false)
    clock.advance(0.04)
    assert.equal(pacer.isDue(), false)
    clock.advance(0.02)
    assert.equal(pacer.isDue(), true)
    await pacer.rest()
    assert.equal(pacer.isDue(), false)
  })
})

describe('FailureLog', () => {
  it('says little, however much fails', () => {
    const lines: string[] = []
    const keep = (line: string): void => void lines.push(line)
    const log: Logger = { debug: keep, info: keep, warning: keep, error: keep, plain: keep }
    const clock = new FakeClock()
    const failures = new FailureLog('services', log, clock)
    for (let second = 0; second < 600; second++) {
      failures.failed('connect ECONNREFUSED')
      clock.advance(1000)
    }
    failures.recovered()
    failures.recovered()
    assert.deepEqual(lines, [
      'cannot follow services: connect ECONNREFUSED',
      'cannot follow services: connect ECONNREFUSED (and 299 more failures since the last line about it)',
      'following services again after 10m0s',
    ])
    for (let i = 0; i < 1000; i++) {
      failures.failed(`reason ${i}`)
      failures.recovered()
      clock.advance(100)
    }
    assert.ok(lines.length <= 3 + 2 * 4, lines.join('\n'))
  })
})
