import { TIMEOUT_NS } from '#test/bench/peers/steady/answers.ts'
import type { SteadyResult } from '#test/bench/peers/steady/client.ts'
import { percentile } from '#test/bench/percentile.ts'

/**
 * What the steady client prints. Times are from sending a question to the arrival of its answer, in microseconds; a question without an
 * answer counts with the time that was waited for it, since a server that drops what it is late with is not a faster one.
 */
export interface SteadyReport {
  readonly sent: number
  readonly answered: number
  /** Questions without an answer in two seconds. */
  readonly lost: number
  /** Questions that left late by more than the client allows itself, since it did not run or was held up. */
  readonly late: number
  /** What was asked in a second in the end. */
  readonly queriesPerSecond: number
  readonly p50Us: number
  readonly p90Us: number
  readonly p99Us: number
  readonly p999Us: number
  readonly maxUs: number
}

/** The figures of a result that has questions. */
export function reportOf({ sent, late, lastedNs, latencies }: SteadyResult): SteadyReport {
  const answered = latencies.length
  const times = new Float64Array(sent).fill(TIMEOUT_NS)
  times.set(latencies)
  const us = (share: number): number => percentile(times, share)! / 1000
  return {
    sent,
    answered,
    lost: sent - answered,
    late,
    queriesPerSecond: (sent * 1e9) / lastedNs,
    p50Us: us(0.5),
    p90Us: us(0.9),
    p99Us: us(0.99),
    p999Us: us(0.999),
    maxUs: us(1),
  }
}
