import type { DnsperfReport } from '#test/bench/dnsperf-report.ts'
import { median } from '#test/bench/median.ts'
import type { QuerySet, QuerySetName } from '#test/bench/peers/query-sets.ts'
import type { Figures, Turn } from '#test/bench/peers/turn.ts'

/** How far the part of NXDOMAIN answers may be from what it should be, since a load ends anywhere in the file. */
const SHARE_TOLERANCE = 0.02

/** One server, one set, one round: medians of its turns; what is late, lost or disturbed of the turn where it was greatest. */
export interface Trial extends Figures {
  readonly server: string
  readonly set: QuerySetName
  /** A second after the start, with the cluster loaded. */
  readonly idleMib: number
  /** After the load of this set. */
  readonly loadedMib: number
  /** In what way the answers were not those expected; `''` when they were. */
  readonly wrong: string
}

/** Figures of which the median of several measurements counts. */
const MEDIAN_FIGURES = [
  'queriesPerSecond',
  'cpuUsPerQuery',
  'p50Us',
  'p90Us',
  'p99Us',
  'dnsperfP50Us',
  'dnsperfP99Us',
  'samples',
  'clientShare',
] as const satisfies readonly (keyof Figures)[]

/** What some turns come to. */
export function figuresOf(turns: readonly Figures[]): Figures {
  const medians = Object.fromEntries(MEDIAN_FIGURES.map(figure => [figure, median(turns.map(turn => turn[figure]))]))
  const atRate = turns.flatMap(({ p99AtRateUs }) => p99AtRateUs ?? [])
  return {
    ...(medians as Record<(typeof MEDIAN_FIGURES)[number], number>),
    latencyClient: turns[0]!.latencyClient,
    p99AtRateUs: atRate.length === 0 ? null : median(atRate),
    lateShare: Math.max(...turns.map(({ lateShare }) => lateShare)),
    loss: Math.max(...turns.map(({ loss }) => loss)),
    othersShare: Math.max(...turns.map(({ othersShare }) => othersShare)),
  }
}

/** In what way what a server said at its peaks is not as often NXDOMAIN, or NOERROR, as it should be; `''` when it is. */
export function whatIsWrong(turns: readonly Turn[], set: QuerySet): string {
  return turns.map(({ peak }) => wrongShares(peak, set)).find(wrong => wrong !== '') ?? ''
}

function wrongShares({ completed, rcodes }: DnsperfReport, { absentShare }: QuerySet): string {
  const absent = (rcodes.get('NXDOMAIN') ?? 0) / completed
  const other = 1 - absent - (rcodes.get('NOERROR') ?? 0) / completed
  if (Math.abs(absent - absentShare) <= SHARE_TOLERANCE && other < 0.001) return ''
  const shares = [...rcodes].map(([rcode, count]) => `${percent(count / completed)} ${rcode}`)
  return `answers ${shares.join(', ')} instead of ${percent(absentShare)} NXDOMAIN`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`
}
