import { median } from '#test/bench/median.ts'
import type { Load } from '#test/bench/peers/load.ts'
import { askAtRateByDnsperf } from '#test/bench/peers/load.ts'
import type { Metered } from '#test/bench/peers/meter.ts'
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
  /** Part of the questions with which the steady client was late, from 0 to 1, in the span where it was greatest. */
  readonly lateShare: number
  /** Part of the questions without an answer, from 0 to 1, in the span where it was greatest. */
  readonly lostShare: number
  /** By dnsperf in any case, at half of this server's peak. */
  readonly dnsperfP50Us: number
  readonly dnsperfP99Us: number
}

type AtRate = Pick<Latencies, 'latencyClient' | 'p50Us' | 'p90Us' | 'p99Us' | 'samples' | 'lateShare' | 'lostShare'>

/** What a server is asked to find out how long its answers take. */
export interface LatencyPlan {
  /** How many times it is asked at each rate, by turns: figures are medians of these. */
  readonly spans: number
  readonly seconds: number
  readonly halfOfPeak: number
  /** A rate that is the same for all servers; 0 for none. */
  readonly rate: number
}

/** Asks the server `pid` as planned. */
export async function measureLatencies(
  pid: number,
  load: Load,
  { spans, seconds, halfOfPeak, rate }: LatencyPlan,
): Promise<{ readonly latencies: Latencies; readonly othersShare: number }> {
  const half: Metered<AtRate>[] = []
  const same: Metered<AtRate>[] = []
  const byDnsperf: Metered<Pick<AtRate, 'p50Us' | 'p99Us'>>[] = []
  for (let span = 0; span < spans; span++) {
    half.push(await metered(pid, () => askAtRate(load, seconds, halfOfPeak)))
    if (rate !== 0) same.push(await metered(pid, () => askAtRate(load, seconds, rate)))
    if (!canAskSteadily(load)) byDnsperf.push(half.at(-1)!)
    else byDnsperf.push(await metered(pid, () => askAtRateByDnsperf(load, seconds, halfOfPeak)))
  }
  const asked = [...half, ...same]
  const latencies = {
    latencyClient: half[0]!.result.latencyClient,
    p50Us: medianOf(half, 'p50Us'),
    p90Us: medianOf(half, 'p90Us'),
    p99Us: medianOf(half, 'p99Us'),
    samples: half.reduce((sum, { result }) => sum + result.samples, 0),
    p99AtRateUs: same.length === 0 ? null : medianOf(same, 'p99Us'),
    lateShare: Math.max(...asked.map(({ result }) => result.lateShare)),
    lostShare: Math.max(...asked.map(({ result }) => result.lostShare)),
    dnsperfP50Us: medianOf(byDnsperf, 'p50Us'),
    dnsperfP99Us: medianOf(byDnsperf, 'p99Us'),
  }
  return { latencies, othersShare: Math.max(...[...asked, ...byDnsperf].map(({ usage }) => usage.othersShare)) }
}

function medianOf<K extends string>(spans: readonly Metered<Record<K, number>>[], figure: K): number {
  return median(spans.map(({ result }) => result[figure]))
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
