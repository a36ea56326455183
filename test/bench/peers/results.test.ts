import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Row } from '#test/bench/peers/results.ts'
import { ratiosOf } from '#test/bench/peers/results.ts'

const ROW: Row = {
  server: 'nodens',
  kind: 'nodens',
  set: 'mix',
  rounds: 1,
  queriesPerSecond: 100_000,
  cpuUsPerQuery: 5,
  latencyClient: 'steady',
  p50Us: 20,
  p90Us: 40,
  p99Us: 300,
  samples: 1000,
  p99AtRateUs: 100,
  lateShare: 0,
  dnsperfP50Us: 40,
  dnsperfP99Us: 600,
  clientShare: 1,
  othersShare: 0,
  loss: 0,
  idleMib: 90,
  loadedMib: 120,
  wrong: '',
}
const knot: Row = { ...ROW, server: 'knotd', kind: 'peer', p99Us: 150, p99AtRateUs: 200, dnsperfP99Us: 400 }
const unbound: Row = { ...ROW, server: 'unbound', kind: 'peer', p99Us: 200, p99AtRateUs: 50, dnsperfP99Us: 300 }

const STEADY = 'p99 by the steady client to the best peer'
const SAME_RATE = 'p99 at the same rate by the steady client to the best peer'
const DNSPERF = 'p99 by dnsperf to the best peer'

for (const [rule, rows, expected] of [
  [
    'p99 is compared for each client with the peer that is best by it',
    [ROW, knot, unbound],
    { [`${STEADY} (knotd)`]: 2, [`${DNSPERF} (unbound)`]: 2, [`${SAME_RATE} (unbound)`]: 2 },
  ],
  [
    'a peer that dnsperf alone could measure is compared by dnsperf',
    [ROW, knot, { ...unbound, latencyClient: 'dnsperf' }],
    { [`${STEADY} (knotd)`]: 2, [`${DNSPERF} (unbound)`]: 2, [`${SAME_RATE} (knotd)`]: 0.5 },
  ],
  [
    'without the steady client p99 is compared once',
    [ROW, knot].map(row => ({ ...row, latencyClient: 'dnsperf' as const, p99Us: row.dnsperfP99Us, p99AtRateUs: null })),
    { [`${DNSPERF} (knotd)`]: 1.5 },
  ],
  [
    'wrong answers are not compared',
    [ROW, knot, { ...unbound, p99Us: 10, dnsperfP99Us: 10, p99AtRateUs: 10, wrong: 'answers 100.0% SERVFAIL' }],
    { [`${STEADY} (knotd)`]: 2, [`${DNSPERF} (knotd)`]: 1.5, [`${SAME_RATE} (knotd)`]: 0.5 },
  ],
  ['nothing is compared without peers', [ROW], {}],
] as const) {
  test(rule, () => {
    const latencies = ratiosOf(rows).filter(({ what }) => what.startsWith('p99'))
    assert.deepEqual(Object.fromEntries(latencies.map(({ what, value }) => [what, value])), expected)
  })
}
