import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { Detector } from '#plugins/loop/detector.ts'
import { makeProbe } from '#plugins/loop/probe.ts'
import type { FoldedName } from '#wire/name.ts'
import { ROOT } from '#wire/name.ts'

const TO = { address: '127.0.0.1', port: 53 }

describe('the window in which a loop is looked for', () => {
  let sent: PromiseWithResolvers<void>[] = []
  let cancelled = 0
  let watched: FoldedName | null = null

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    sent = []
    cancelled = 0
  })

  afterEach(() => mock.timers.reset())

  function start(): Detector {
    const detector = new Detector(
      () => makeProbe(ROOT),
      probe => {
        watched = probe
      },
      () => {
        const exchange = Promise.withResolvers<void>()
        sent.push(exchange)
        return { answered: exchange.promise, cancel: () => cancelled++ }
      },
    )
    detector.start(TO, ':53')
    return detector
  }

  async function settle(index: number, error?: Error): Promise<void> {
    if (error === undefined) sent[index]!.resolve()
    else sent[index]!.reject(error)
    await new Promise(resolve => setImmediate(resolve))
  }

  it('ends 2 s after the probe was answered', async () => {
    start()
    await settle(0)
    mock.timers.tick(1999)
    assert.notEqual(watched, null)
    mock.timers.tick(1)
    assert.equal(watched, null)
  })

  it('ends after 30 s when the probe is never answered', () => {
    start()
    mock.timers.tick(29_999)
    assert.notEqual(watched, null)
    mock.timers.tick(1)
    assert.equal(watched, null)
    assert.equal(cancelled, 1)
  })

  it('starts anew, with another name, 1 s after a probe that failed', async () => {
    const detector = start()
    const first = detector.probe!
    assert.equal(detector.count(first), false)
    await settle(0, new Error('timeout'))
    mock.timers.tick(1000)
    assert.equal(sent.length, 2)
    const second = detector.probe!
    assert.notEqual(second, first)
    assert.equal(watched, second)
    assert.deepEqual(
      [first, second, second].map(probe => detector.count(probe)),
      [false, false, true],
    )
  })

  it('sends nothing more once it was stopped', async () => {
    const detector = start()
    detector.stop()
    await settle(0, new Error('canceled'))
    mock.timers.tick(60_000)
    assert.equal(sent.length, 1)
  })
})
