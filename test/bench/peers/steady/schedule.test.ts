import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LATE_NS, Schedule } from '#test/bench/peers/steady/schedule.ts'
import { SeededRandom } from '#test/support/random.ts'

const SEED = 7
const RATE = 1000
const MEAN_NS = 1e9 / RATE

describe('the times at which questions are asked', () => {
  test('have gaps of a Poisson process: their mean is the rate’s, one in e is longer, one in e twice is twice as long', () => {
    const gaps = gapsOf(new Schedule(new SeededRandom(SEED), RATE, 0), 100_000)
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    assert.ok(Math.abs(mean / MEAN_NS - 1) < 0.02, `the mean is ${mean}`)
    for (const times of [1, 2]) {
      const share = gaps.filter(gap => gap > times * MEAN_NS).length / gaps.length
      assert.ok(Math.abs(share - Math.exp(-times)) < 0.01, `${share} are longer than ${times} times the mean`)
    }
  })

  test('are the same for the same seed, and others for another one', () => {
    const gaps = (seed: number) => gapsOf(new Schedule(new SeededRandom(seed), RATE, 0), 10)
    assert.deepEqual(gaps(SEED), gaps(SEED))
    assert.notDeepEqual(gaps(SEED), gaps(SEED + 2))
  })

  for (const [lateNs, late, moved] of [
    [0, 0, 0],
    [LATE_NS, 0, 0],
    [LATE_NS + 1, 1, LATE_NS + 1],
    [5e9, 1, 5e9],
  ] as const) {
    test(`a question that is asked ${lateNs} ns late counts ${late} times as late and moves all others by ${moved} ns`, () => {
      const schedule = new Schedule(new SeededRandom(SEED), RATE, 0)
      schedule.asked(schedule.dueAt + lateNs)
      const onTime = new Schedule(new SeededRandom(SEED), RATE, 0)
      onTime.asked(onTime.dueAt)
      assert.equal(schedule.late, late)
      for (let i = 0; i < 100; i++) {
        assert.ok(Math.abs(schedule.dueAt - onTime.dueAt - moved) < 0.01)
        schedule.asked(schedule.dueAt)
        onTime.asked(onTime.dueAt)
      }
      assert.equal(schedule.late, late)
    })
  }
})

function gapsOf(schedule: Schedule, count: number): number[] {
  return Array.from({ length: count }, () => {
    const before = schedule.dueAt
    schedule.asked(before)
    return schedule.dueAt - before
  })
}
