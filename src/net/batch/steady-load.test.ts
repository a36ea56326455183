import assert from 'node:assert/strict'
import test from 'node:test'
import { SteadyLoad } from '#net/batch/steady-load.ts'

/** Waits from `fromMs` on, one every `everyMs`. */
function waits(load: SteadyLoad, fromMs: number, everyMs: number, count: number): void {
  for (let i = 0; i < count; i++) load.count(fromMs + i * everyMs)
}

const CASES: readonly [
  rule: string,
  waits: readonly [fromMs: number, everyMs: number, count: number][],
  isHigh: boolean,
][] = [
  ['nothing has come yet', [], false],
  ['many messages for two spans are a high load', [[1000, 0.1, 1100]], true],
  ['a burst is none', [[1000, 0.01, 1000]], false],
  [
    'nor is a burst after a long time',
    [
      [1000, 10, 1],
      [2000, 0.01, 1000],
    ],
    false,
  ],
  ['few messages are none', [[1000, 0.25, 1000]], false],
  [
    'a high load ends when fewer come',
    [
      [1000, 0.1, 1100],
      [1110, 1, 100],
    ],
    false,
  ],
  [
    'a high load ends when none come for long',
    [
      [1000, 0.1, 1100],
      [5000, 1, 1],
    ],
    false,
  ],
]
for (const [rule, spans, isHigh] of CASES) {
  test(rule, () => {
    const load = new SteadyLoad()
    for (const [fromMs, everyMs, count] of spans) waits(load, fromMs, everyMs, count)
    assert.equal(load.isHigh, isHigh)
  })
}
