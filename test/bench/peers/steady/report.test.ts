import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '#test/bench/peers/steady/report.ts'

test('percentiles are in microseconds and of answers only; what has no answer is lost', () => {
  const latencies = Float64Array.from({ length: 1000 }, (_, i) => (1000 - i) * 1000)
  assert.deepEqual(reportOf({ sent: 1010, late: 3, lastedNs: 2e9, latencies }), {
    sent: 1010,
    answered: 1000,
    lost: 10,
    late: 3,
    queriesPerSecond: 505,
    p50Us: 501,
    p90Us: 901,
    p99Us: 991,
    p999Us: 1000,
    maxUs: 1000,
  })
})
