import assert from 'node:assert/strict'
import test from 'node:test'
import { SteadyLoad } from '#net/batch/steady-load.ts'

/** Waits from `fromMs` on, one every `everyMs`, each after so many messages; `received` is what had come before, modulo 2^32. */
function waits(load: SteadyLoad, fromMs: number, everyMs: number, count: number, messages = 1, received = 0): void {
  for (let i = 0; i < count; i++) load.count(fromMs + i * everyMs, (received + i * messages) | 0)
}

const CASES: readonly [
  rule: string,
  waits: readonly [fromMs: number, everyMs: number, count: number][],
  load: 'none' | 'there' | 'high',
][] = [
  ['nothing has come yet', [], 'none'],
  ['many messages for two spans are a high load', [[1000, 0.1, 1100]], 'high'],
  ['a burst is none', [[1000, 0.01, 1000]], 'none'],
  [
    'nor is a burst after a long time',
    [
      [1000, 10, 1],
      [2000, 0.01, 1000],
    ],
    'none',
  ],
  ['fewer messages are a load that is not high', [[1000, 0.25, 1000]], 'there'],
  ['few messages are none', [[1000, 2, 1000]], 'none'],
  [
    'a high load ends when fewer come',
    [
      [1000, 0.1, 1100],
      [1110, 0.5, 200],
    ],
    'there',
  ],
  [
    'a high load ends when none come for long',
    [
      [1000, 0.1, 1100],
      [5000, 1, 1],
    ],
    'none',
  ],
]
for (const [rule, spans, expected] of CASES) {
  test(rule, () => {
    const load = new SteadyLoad()
    for (const [fromMs, everyMs, count] of spans) waits(load, fromMs, everyMs, count)
    assert.equal(load.isHigh ? 'high' : load.isThere ? 'there' : 'none', expected)
    assert.ok(load.isThere || !load.isHigh)
  })
}

for (const [laterMs, isHigh] of [
  [49, true],
  [101, false],
] as const) {
  test(`a high load of which no wait has been counted for ${laterMs} ms is ${isHigh ? 'still one' : 'over'}`, () => {
    const load = new SteadyLoad()
    waits(load, 1000, 0.1, 1100)
    load.lapse(1110 + laterMs)
    assert.deepEqual([load.isThere, load.isHigh], [isHigh, isHigh])
  })
}

const FULL_CASES: readonly [
  rule: string,
  waits: readonly [everyMs: number, count: number, messages: number, received: number],
  isFull: boolean,
][] = [
  ['50,000 messages a second for two spans are nearly as many as a thread can answer', [0.1, 1100, 5, 0], true],
  ['which the wrap of their number does not change', [0.1, 1100, 5, 2 ** 31 - 3000], true],
  ['for one span they are not', [0.1, 600, 5, 0], false],
  ['nor are fewer', [0.1, 1100, 4, 0], false],
  ['nor are more waits', [0.025, 4400, 1, 0], false],
  ['they make a high load with few waits, too', [10, 12, 500, 0], true],
]
for (const [rule, [everyMs, count, messages, received], isFull] of FULL_CASES) {
  test(rule, () => {
    const load = new SteadyLoad()
    waits(load, 1000, everyMs, count, messages, received)
    assert.equal(load.isFull, isFull)
    assert.ok(load.isHigh && load.isThere)
    load.lapse(1300)
    assert.equal(load.isFull, false)
  })
}
