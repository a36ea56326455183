import type { Contender } from '#test/bench/peers/contender.ts'
import { isDisturbed } from '#test/bench/peers/meter.ts'
import type { QuerySet } from '#test/bench/peers/query-sets.ts'
import type { Ratio, Row } from '#test/bench/peers/results.ts'
import { isMet } from '#test/bench/peers/results.ts'

/** The result of one set as Markdown: a table of the servers and one of the ratios. */
export function setTable(
  set: QuerySet,
  rows: readonly Row[],
  ratios: readonly Ratio[],
  contenders: readonly Contender[],
): string {
  const notes = new Map(contenders.map(({ name, note }) => [name, note]))
  const leftOut = contenders.filter(({ sets }) => !sets.includes(set.name))
  return `## ${set.title}

| server | queries/s | CPU us/query | load's CPU | p50 us | p90 us | p99 us | p99 us at rate | late | p99 us, dnsperf | lost | MiB idle | MiB loaded | remarks |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|
${rows.map(row => rowText(row, notes.get(row.server) ?? '')).join('')}${leftOut
  .map(({ name, note }) => `| ${name} | | | | | | | | | | | | | left out: ${note} |\n`)
  .join('')}
${ratios.length === 0 ? '' : `| nodens | ratio | should be | |\n|---|---:|---:|---|\n${ratios.map(ratioText).join('')}\n`}`
}

function rowText(row: Row, note: string): string {
  const figures = [
    Math.round(row.queriesPerSecond).toLocaleString('en-US'),
    row.cpuUsPerQuery.toFixed(2),
    `${(row.clientShare * 100).toFixed(0)}%`,
    row.p50Us.toFixed(0),
    row.p90Us.toFixed(0),
    row.p99Us.toFixed(0),
    row.p99AtRateUs?.toFixed(0) ?? '',
    row.latencyClient === 'steady' ? `${(row.lateShare * 100).toFixed(2)}%` : '',
    row.dnsperfP99Us.toFixed(0),
    `${(row.loss * 100).toFixed(2)}%`,
    row.idleMib.toFixed(0),
    row.loadedMib.toFixed(0),
  ]
  const disturbed = isDisturbed(row.othersShare)
    ? `disturbed: others used ${row.othersShare.toFixed(2)} processors`
    : ''
  const client = row.latencyClient === 'steady' ? '' : 'latencies by dnsperf'
  const remarks = [row.wrong === '' ? '' : `**${row.wrong}**`, disturbed, client, note]
    .filter(text => text !== '')
    .join('; ')
  return `| ${row.server} | ${figures.join(' | ')} | ${remarks} |\n`
}

function ratioText(ratio: Ratio): string {
  const { what, value, target, isAtLeast } = ratio
  return `| ${what} | ${value.toFixed(2)} | ${isAtLeast ? '>=' : '<='} ${target} | ${isMet(ratio) ? 'met' : '**missed**'} |\n`
}
