import type { Load } from '#test/bench/peers/load.ts'
import { askAtRateByDnsperf } from '#test/bench/peers/load.ts'
import { metered } from '#test/bench/peers/meter.ts'
import { askAtRateSteadily, canAskSteadily } from '#test/bench/peers/steady/ask-at-rate.ts'

/** How long answers took, in microseconds. */
export interface Latencies {
  /** Who measured the figures up to `lostShare`: the steady client, or dnsperf where that cannot be had. */
  readonly latencyClient: 'steady' | 'dnsperf'
  /** At half of this server's peak. */
  readonly p50Us: number
  readonly p90Us: number
  readonly p99Us: number
  /** Answers that these are taken from. */
  readonly samples: number
  /** At the rate that is the same for all servers; `null` without one. */
  readonly p99AtRateUs: number | null
  /** Part of the questions with which the steady client was late at either rate, from 0 to 1. */
  readonly lateShare: number
  /** Part of the questions without an answer at either rate, from 0 to 1. */
  readonly lostShare: number
  /** By dnsperf in any case, at half of this server's peak. */
  readonly dnsperfP50Us: number
  readonly dnsperfP99Us: number
}

type AtRate = Pick<Latencies, 'latencyClient' | 'p50Us' | 'p90Us' | 'p99Us' | 'samples' | 'lateShare' | 'lostShare'>

/** Asks the server `pid` at half of its peak and, unless that is 0, at the rate that is the same for all. */
export async function measureLatencies(
  pid: number,
  load: Load,
  seconds: number,
  halfOfPeak: number,
  rate: number,
): Promise<{ readonly latencies: Latencies; readonly othersShare: number }> {
  const half = await metered(pid, () => askAtRate(load, seconds, halfOfPeak))
  const same = rate === 0 ? null : await metered(pid, () => askAtRate(load, seconds, rate))
  const isByDnsperf = half.result.latencyClient === 'dnsperf'
  const byDnsperf = isByDnsperf ? half : await metered(pid, () => askAtRateByDnsperf(load, seconds, halfOfPeak))
  const latencies = {
    ...half.result,
    p99AtRateUs: same?.result.p99Us ?? null,
    lateShare: Math.max(half.result.lateShare, same?.result.lateShare ?? 0),
    lostShare: Math.max(half.result.lostShare, same?.result.lostShare ?? 0),
    dnsperfP50Us: byDnsperf.result.p50Us,
    dnsperfP99Us: byDnsperf.result.p99Us,
  }
  const usages = [half.usage, byDnsperf.usage, ...(same === null ? [] : [same.usage])]
  return { latencies, othersShare: Math.max(...usages.map(({ othersShare }) => othersShare)) }
}

async function askAtRate(load: Load, seconds: number, queriesPerSecond: number): Promise<AtRate> {
  if (!canAskSteadily(load)) {
    const { p50Us, p90Us, p99Us, samples, lost } = await askAtRateByDnsperf(load, seconds, queriesPerSecond)
    const lostShare = lost / (samples + lost)
    return { latencyClient: 'dnsperf', p50Us, p90Us, p99Us, samples, lateShare: 0, lostShare }
  }
  const { p50Us, p90Us, p99Us, answered, late, lost, sent } = await askAtRateSteadily(load, seconds, queriesPerSecond)
  const [lateShare, lostShare] = [late / sent, lost / sent]
  return { latencyClient: 'steady', p50Us, p90Us, p99Us, samples: answered, lateShare, lostShare }
}
