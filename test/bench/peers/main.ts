import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, release, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expectedAnswers } from '#test/bench/peers/answers.ts'
import { startBenchApiServer } from '#test/bench/peers/api-server.ts'
import type { Bench } from '#test/bench/peers/bench.ts'
import { benchCluster, portName } from '#test/bench/peers/cluster.ts'
import { findContenders } from '#test/bench/peers/contenders.ts'
import { benchOptions } from '#test/bench/peers/options.ts'
import { pinning, runBesideLoad } from '#test/bench/peers/pinning.ts'
import { querySets } from '#test/bench/peers/query-sets.ts'
import { ratiosOf, rowsOf } from '#test/bench/peers/results.ts'
import { Round } from '#test/bench/peers/round.ts'
import { killChildren } from '#test/bench/peers/running-children.ts'
import { setTable } from '#test/bench/peers/table.ts'
import type { Trial } from '#test/bench/peers/trial.ts'
import { startUpstream } from '#test/bench/upstream.ts'
import { isInstalled } from '#test/support/installed.ts'

// Measures Nodens beside other servers that have the same names, one after another, under the same load on loopback.

process.env['PATH'] += `${delimiter}/usr/sbin${delimiter}/usr/local/sbin${delimiter}/sbin` // Where servers are installed.
const options = benchOptions(process.argv.slice(2))
if (process.platform !== 'linux') throw new Error('the bench reads /proc: it needs Linux')
if (!isInstalled('dnsperf')) throw new Error('dnsperf is not installed (package dnsperf in Debian and Ubuntu)')

const field = await findContenders(options.only)
const services = benchCluster(options.services)
const allSets = querySets(services)
const ports = new Set(allSets.flatMap(({ lines }) => lines.filter(line => line.endsWith(' SRV'))))
const directory = mkdtempSync(join(tmpdir(), 'nodens-peers-'))
const pinned = pinning(options.threads)
runBesideLoad(pinned)
const upstream = await startUpstream()
const apiServer = await startBenchApiServer(services)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    killChildren()
    process.stdout.write(options.json ? json() : text())
    rmSync(directory, { recursive: true, force: true })
    process.exit(130)
  })
}

const bench: Bench = {
  directory,
  services,
  servicesWithPort: services.filter(service => ports.has(`${portName(service)} SRV`)),
  sets: allSets.filter(({ name }) => options.sets.includes(name)),
  expected: expectedAnswers(services),
  warmUpSeconds: options.warmUp,
  seconds: options.seconds,
  turns: options.turns,
  rate: options.rate,
  threads: options.threads,
  upstreamPort: upstream.port,
  apiServer: apiServer.url,
  main: options.main,
  pinning: pinned,
}
const failures = new Map<string, string>()
/** All that has been measured; what there is of it is printed when the bench is interrupted. */
const trials: Trial[] = []
try {
  await runRounds()
  process.stdout.write(options.json ? json() : text())
} finally {
  upstream.stop()
  await apiServer.stop()
  rmSync(directory, { recursive: true, force: true })
}

/** All rounds; in each another server is the first in turn. */
async function runRounds(): Promise<void> {
  const { present } = field
  for (let round = 0; round < options.rounds; round++) {
    const first = Math.floor((round * present.length) / options.rounds)
    const observer = {
      begins: (step: string) => process.stderr.write(`round ${round + 1} of ${options.rounds}: ${step}\n`),
      measured: (trial: Trial) => trials.push(trial),
      failed: (server: string, error: unknown) =>
        failures.set(server, error instanceof Error ? error.message : String(error)),
    }
    await new Round(bench, observer).run([...present.slice(first), ...present.slice(0, first)])
  }
}

function results() {
  return bench.sets.map(set => {
    const rows = rowsOf(set.name, field.present, trials)
    return { set, rows, ratios: ratiosOf(rows) }
  })
}

function json(): string {
  const sets = results().map(({ set, rows, ratios }) => ({ set: set.name, title: set.title, rows, ratios }))
  const { versions, missing } = field
  const machine = machineText()
  const report = {
    machine,
    options,
    pinning: bench.pinning.text,
    versions,
    missing,
    failures: [...failures],
    sets,
    trials,
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

function text(): string {
  const versions = Object.entries(field.versions).map(([name, version]) => `${name} ${version}`)
  const rate = options.rate === 0 ? '' : `; the rate that is the same for all is ${options.rate} queries/s`
  const lines = [
    `${machineText()}; ${bench.pinning.text}.`,
    `${options.services} Services; medians of ${options.rounds} rounds of ${options.turns} turns, each load ${options.seconds} s; ${options.threads} serving thread(s) each${rate}.`,
    `Peers: ${versions.join(', ') || 'none'}. Missing: ${field.missing.join(', ') || 'none'}.`,
    ...[...failures].map(([name, message]) => `**${name} did not run**: ${message}`),
  ]
  const tables = results().map(({ set, rows, ratios }) => setTable(set, rows, ratios, field.present))
  return `${lines.join('\n')}\n\n${tables.join('\n')}`
}

function machineText(): string {
  const all = cpus()
  return `Node ${process.versions.node}, Linux ${release()} ${process.arch}, ${all.length} processors (${all[0]?.model ?? 'unknown'})`
}
