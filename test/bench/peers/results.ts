import { median } from '#test/bench/median.ts'
import type { Contender } from '#test/bench/peers/contender.ts'
import type { QuerySetName } from '#test/bench/peers/query-sets.ts'
import type { Trial } from '#test/bench/peers/trial.ts'
import { figuresOf } from '#test/bench/peers/trial.ts'

/** One server in one set, over all rounds. */
export interface Row extends Trial {
  readonly kind: Contender['kind']
  readonly rounds: number
}

/** Nodens measured against something, and what it should reach. */
export interface Ratio {
  readonly what: string
  readonly value: number
  /** The value is to be at least this, or at most for what should be small. */
  readonly target: number
  readonly isAtLeast: boolean
}

const CLIENTS: Readonly<Record<Trial['latencyClient'], string>> = { steady: 'the steady client', dnsperf: 'dnsperf' }

/** What the trials of each server in a set come to, the fastest first. */
export function rowsOf(set: QuerySetName, contenders: readonly Contender[], trials: readonly Trial[]): Row[] {
  const rows = contenders.flatMap(({ name, kind }) => {
    const own = trials.filter(trial => trial.server === name && trial.set === set)
    if (own.length === 0) return []
    const wrong = own.find(trial => trial.wrong !== '') ?? own[0]!
    const memory = {
      idleMib: median(own.map(each => each.idleMib)),
      loadedMib: median(own.map(each => each.loadedMib)),
    }
    return [{ ...wrong, ...figuresOf(own), ...memory, kind, rounds: own.length }]
  })
  return rows.sort((left, right) => right.queriesPerSecond - left.queriesPerSecond)
}

/** How Nodens compares within the rows of a set; only what was measured, and only peers whose answers were right. */
export function ratiosOf(rows: readonly Row[]): Ratio[] {
  const find = (name: string): Row | undefined => rows.find(({ server }) => server === name)
  const nodens = find('nodens')
  const peers = rows.filter(({ kind, wrong }) => kind === 'peer' && wrong === '')
  const ratios: Ratio[] = []
  const add = (what: string, value: number | undefined, target: number, isAtLeast: boolean): void => {
    if (value !== undefined && Number.isFinite(value)) ratios.push({ what, value, target, isAtLeast })
  }
  const speed = (name: string, over: string): number | undefined => {
    const [left, right] = [find(name), find(over)]
    // What was answered wrongly, with failures say, is not compared.
    if (!left || !right || left.wrong !== '' || right.wrong !== '') return undefined
    return left.queriesPerSecond / right.queriesPerSecond
  }
  if (nodens !== undefined && peers.length > 0) {
    const fastest = peers[0]!
    const cheapest = peers.reduce((best, row) => (row.cpuUsPerQuery < best.cpuUsPerQuery ? row : best))
    add(`queries/s to the fastest peer (${fastest.server})`, speed('nodens', fastest.server), 1, true)
    add(
      `CPU a query to the cheapest peer (${cheapest.server})`,
      nodens.cpuUsPerQuery / cheapest.cpuUsPerQuery,
      1.2,
      false,
    )
    const latency = (what: string, figure: 'p99Us' | 'p99AtRateUs' | 'dnsperfP99Us', among: readonly Row[]): void => {
      const measured = among.filter(row => row[figure] !== null)
      if (measured.length === 0 || nodens[figure] === null) return
      const best = measured.reduce((best, row) => (row[figure]! < best[figure]! ? row : best))
      add(`${what} to the best peer (${best.server})`, nodens[figure] / best[figure]!, 1, false)
    }
    // What two clients measured is not compared.
    const alike = peers.filter(({ latencyClient }) => latencyClient === nodens.latencyClient)
    latency(`p99 by ${CLIENTS[nodens.latencyClient]}`, 'p99Us', alike)
    if (nodens.latencyClient !== 'dnsperf') latency(`p99 by ${CLIENTS.dnsperf}`, 'dnsperfP99Us', peers)
    latency(`p99 at the same rate by ${CLIENTS[nodens.latencyClient]}`, 'p99AtRateUs', alike)
  }
  for (const { server } of rows.filter(row => row.server.startsWith('coredns'))) {
    add(`queries/s to ${server}`, speed('nodens', server), 3, true)
  }
  add('queries/s to the ceiling (echo)', speed('nodens', 'echo'), 0.9, true)
  add('queries/s with log to without', speed('nodens-log', 'nodens'), 0.6, true)
  add('queries/s over TCP to UDP', speed('nodens-tcp', 'nodens'), 0.5, true)
  add('queries/s of the portable transport to its ceiling (echo-dgram)', speed('nodens-dgram', 'echo-dgram'), 0.9, true)
  return ratios
}

/** Whether a ratio is what it should be. */
export function isMet({ value, target, isAtLeast }: Ratio): boolean {
  return isAtLeast ? value >= target : value <= target
}
