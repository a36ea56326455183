import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '#test/bench/peers/steady/report.ts'

test('percentiles are in microseconds and of all questions; one without an answer is lost, and slower than all others', () => {
  const latencies = Float64Array.from({ length: 1000 }, (_, i) => (1000 - i) * 1000)
  assert.deepEqual(reportOf({ sent: 1010, late: 3, lastedNs: 2e9, latencies }), {
    sent: 1010,
    answered: 1000,
    lost: 10,
    late: 3,
    queriesPerSecond: 505,
    p50Us: 506,
    p90Us: 910,
    p99Us: 1000,
    p999Us: 2_000_000,
    maxUs: 2_000_000,
  })
})
