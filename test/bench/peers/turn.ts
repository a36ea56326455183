import type { DnsperfReport } from '#test/bench/dnsperf-report.ts'
import type { Load } from '#test/bench/peers/load.ts'
import { askAtPeak, askAtRateByDnsperf } from '#test/bench/peers/load.ts'
import { metered } from '#test/bench/peers/meter.ts'
import { askAtRateSteadily, canAskSteadily } from '#test/bench/peers/steady/ask-at-rate.ts'

/** How fast a server answers, what that costs and how long it takes. */
export interface Figures {
  readonly queriesPerSecond: number
  readonly cpuUsPerQuery: number
  /** Who measured the figures up to `p99AtRateUs`, in microseconds: the steady client, or dnsperf where that cannot be had. */
  readonly latencyClient: 'steady' | 'dnsperf'
  /** At half of this server's peak. */
  readonly p50Us: number
  readonly p90Us: number
  readonly p99Us: number
  /** At the rate that is the same for all servers; `null` without one. */
  readonly p99AtRateUs: number | null
  /** By dnsperf in any case, at half of this server's peak. */
  readonly dnsperfP50Us: number
  readonly dnsperfP99Us: number
  /** Answers that the figures at half of the peak are taken from. */
  readonly samples: number
  /** Part of the questions with which the steady client was late, from 0 to 1, at the rate where it was greatest. */
  readonly lateShare: number
  /** Part of the questions without an answer, from 0 to 1, at the peak or at the rate where it was greatest. */
  readonly loss: number
  /** Processor time of the load at the peak, in processors. Where the load has one, 1 is when it could ask no faster. */
  readonly clientShare: number
  /** What other programs used meanwhile, in processors: more than 0.1 is a disturbed measurement. */
  readonly othersShare: number
}

/** What a turn measured, and what was said at the peak. */
export interface Turn extends Figures {
  readonly peak: DnsperfReport
}

/** What a server is asked in a turn. */
export interface TurnPlan {
  /** How long each load lasts. */
  readonly seconds: number
  /** Queries a second that are the same for all servers; 0 for none. */
  readonly rate: number
}

/**
 * How long a server is asked before it is measured: while others had their turns, what it had cached was over. Of a set of 26,000 questions
 * in a random order a server of 70,000 queries a second has been asked all but 0.5% then.
 */
export const REFRESH_SECONDS = 2

/** Asks the server `pid` as fast as it answers, at half of that and at other rates. */
export async function takeTurn(pid: number, load: Load, { seconds, rate }: TurnPlan): Promise<Turn> {
  await askAtPeak(load, REFRESH_SECONDS)
  const { result: peak, usage } = await metered(pid, () => askAtPeak(load, seconds))
  const halfOfPeak = peak.queriesPerSecond / 2
  const half = await metered(pid, () => askAtRate(load, seconds, halfOfPeak))
  const same = rate === 0 ? null : await metered(pid, () => askAtRate(load, seconds, rate))
  const byDnsperf = canAskSteadily(load)
    ? await metered(pid, () => askAtRateByDnsperf(load, seconds, halfOfPeak))
    : half
  const { latencyClient, p50Us, p90Us, p99Us, samples, lateShare, lostShare } = half.result
  return {
    peak,
    queriesPerSecond: peak.queriesPerSecond,
    cpuUsPerQuery: usage.serverUs / peak.completed,
    latencyClient,
    p50Us,
    p90Us,
    p99Us,
    p99AtRateUs: same?.result.p99Us ?? null,
    dnsperfP50Us: byDnsperf.result.p50Us,
    dnsperfP99Us: byDnsperf.result.p99Us,
    samples,
    lateShare: Math.max(lateShare, same?.result.lateShare ?? 0),
    loss: Math.max(1 - peak.completed / peak.sent, lostShare, same?.result.lostShare ?? 0),
    clientShare: usage.clientUs / usage.wallUs,
    othersShare: Math.max(...[usage, half.usage, same?.usage ?? usage, byDnsperf.usage].map(used => used.othersShare)),
  }
}

type AtRate = Pick<Figures, 'latencyClient' | 'p50Us' | 'p90Us' | 'p99Us' | 'samples' | 'lateShare'> & {
  readonly lostShare: number
}

async function askAtRate(load: Load, seconds: number, queriesPerSecond: number): Promise<AtRate> {
  if (!canAskSteadily(load)) {
    const { p50Us, p90Us, p99Us, samples, lost } = await askAtRateByDnsperf(load, seconds, queriesPerSecond)
    return { latencyClient: 'dnsperf', p50Us, p90Us, p99Us, samples, lateShare: 0, lostShare: lost / (samples + lost) }
  }
  const { p50Us, p90Us, p99Us, answered, late, lost, sent } = await askAtRateSteadily(load, seconds, queriesPerSecond)
  const [lateShare, lostShare] = [late / sent, lost / sent]
  return { latencyClient: 'steady', p50Us, p90Us, p99Us, samples: answered, lateShare, lostShare }
}
