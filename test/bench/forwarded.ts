import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { median } from '#test/bench/median.ts'
import { startBenchApiServer } from '#test/bench/peers/api-server.ts'
import { ChildServer } from '#test/bench/peers/child-server.ts'
import { benchCluster } from '#test/bench/peers/cluster.ts'
import type { Contender } from '#test/bench/peers/contender.ts'
import { findContenders } from '#test/bench/peers/contenders.ts'
import { askAtRateByDnsperf } from '#test/bench/peers/load.ts'
import { metered } from '#test/bench/peers/meter.ts'
import { pinning, runBesideLoad } from '#test/bench/peers/pinning.ts'
import { startUpstream } from '#test/bench/upstream.ts'
import { freePort } from '#test/support/free-port.ts'
import { REPOSITORY } from '#test/support/source.ts'

// What a question costs that has to be passed on to an upstream: no name is asked for twice.

const { values } = parseArgs({
  options: {
    main: { type: 'string', default: `${REPOSITORY}src/main.ts` },
    only: { type: 'string', multiple: true, default: [] },
    rates: { type: 'string', default: '3000,8000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '8' },
  },
})

/** Servers that forward. */
const FORWARDERS = ['nodens', 'unbound', 'named', 'dnsmasq', 'coredns-hosts']

/** One server at one rate, once. */
interface Trial {
  readonly cpuUs: number
  readonly p50Us: number
  readonly p99Us: number
  readonly lostShare: number
}

process.env['PATH'] += `${delimiter}/usr/sbin${delimiter}/usr/local/sbin${delimiter}/sbin` // Where servers are installed.
const rates = values.rates.split(',').map(Number)
const seconds = Number(values.seconds)
const names = values.only.flatMap(word => word.split(','))
const field = await findContenders(names.length === 0 ? FORWARDERS : names)
const directory = mkdtempSync(join(tmpdir(), 'nodens-forwarded-'))
const pinned = pinning(1)
runBesideLoad(pinned)
const services = benchCluster(10)
const upstream = await startUpstream()
const apiServer = await startBenchApiServer(services)
let files = 0
try {
  const trials = new Map<string, Trial[]>()
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const contender of field.present) await runTrials(contender, trials)
  }
  process.stdout.write(table(trials))
} finally {
  upstream.stop()
  await apiServer.stop()
  rmSync(directory, { recursive: true, force: true })
}

async function runTrials(contender: Contender, trials: Map<string, Trial[]>): Promise<void> {
  const own = mkdtempSync(join(directory, contender.name))
  const port = await freePort()
  const site = { directory: own, port, threads: 1, upstreamPort: upstream.port, apiServer: apiServer.url }
  const launch = await contender.launch({ ...site, main: values.main, services, servicesWithPort: services })
  const server = new ChildServer(launch, pinned.server, own)
  try {
    await setTimeout(2000)
    await ask(port, Math.min(...rates), Number(values['warm-up']))
    for (const rate of rates) {
      const { result, usage } = await metered(server.pid, () => ask(port, rate, seconds))
      const { p50Us, p99Us, samples, lost } = result
      const key = `${contender.name} | ${rate}`
      trials.set(key, [
        ...(trials.get(key) ?? []),
        { cpuUs: usage.serverUs / samples, p50Us, p99Us, lostShare: lost / (samples + lost) },
      ])
    }
  } finally {
    await server.stop()
  }
}

/** Asks for as many names as the time takes, none of which was asked for before. */
function ask(port: number, rate: number, time: number) {
  const file = join(directory, `names-${++files}`)
  const lines = Array.from({ length: rate * time }, (_, i) => `n${i}.f${files}.example.org A\n`)
  writeFileSync(file, lines.join(''))
  const load = {
    port,
    transport: 'udp',
    file,
    threads: 1,
    pin: pinned.load,
    processors: pinned.loadProcessors,
  } as const
  return askAtRateByDnsperf(load, time, rate)
}

function table(trials: ReadonlyMap<string, readonly Trial[]>): string {
  const versions = Object.entries(field.versions).map(([name, version]) => `${name} ${version}`)
  const rows = [...trials].map(([key, all]) => {
    const of = (pick: (trial: Trial) => number): number => median(all.map(pick))
    const lost = `${(of(trial => trial.lostShare) * 100).toFixed(2)}%`
    const figures = [of(trial => trial.cpuUs), of(trial => trial.p50Us), of(trial => trial.p99Us)]
    return `| ${key} | ${figures.map(figure => figure.toFixed(0)).join(' | ')} | ${lost} |\n`
  })
  const about = `Medians of ${values.rounds} rounds of ${seconds} s; ${pinned.text}; ${versions.join(', ')}; missing: ${field.missing.join(', ') || 'none'}.`
  const head = '| server | queries/s | CPU us/query | p50 us | p99 us | lost |\n|---|---:|---:|---:|---:|---:|\n'
  return `${about}\n\n${head}${rows.join('')}`
}
