import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { DnsperfReport } from '#test/bench/dnsperf-report.ts'
import type { ExpectedAnswers } from '#test/bench/peers/answers.ts'
import { wrongAnswer } from '#test/bench/peers/answers.ts'
import { ChildServer } from '#test/bench/peers/child-server.ts'
import type { BenchService } from '#test/bench/peers/cluster.ts'
import { serviceName } from '#test/bench/peers/cluster.ts'
import type { Contender } from '#test/bench/peers/contender.ts'
import type { Latencies } from '#test/bench/peers/latencies.ts'
import { measureLatencies } from '#test/bench/peers/latencies.ts'
import type { Load } from '#test/bench/peers/load.ts'
import { askAtPeak, warmUp } from '#test/bench/peers/load.ts'
import { metered } from '#test/bench/peers/meter.ts'
import type { Pinning } from '#test/bench/peers/pinning.ts'
import { memoryMib } from '#test/bench/peers/process-usage.ts'
import type { QuerySet, QuerySetName } from '#test/bench/peers/query-sets.ts'
import { ask } from '#test/support/client.ts'
import { freePort } from '#test/support/example.ts'

/** How long a server may take to its first answer, in milliseconds: some read 10,000 names slowly. */
const START_LIMIT_MS = 30_000
/** How long a server is left alone before its idle memory is read. */
const IDLE_MS = 1000
/** How far the part of NXDOMAIN answers may be from what it should be, since a run ends anywhere in the file. */
const SHARE_TOLERANCE = 0.02

/** What all trials have in common. */
export interface Bench {
  /** Where temporary directories go. */
  readonly directory: string
  readonly services: readonly BenchService[]
  readonly servicesWithPort: readonly BenchService[]
  readonly sets: readonly QuerySet[]
  readonly expected: ExpectedAnswers
  readonly warmUpSeconds: number
  readonly seconds: number
  /** How many times latencies are measured. */
  readonly spans: number
  /** A rate at which all servers are asked besides half of their peak, in queries a second; 0 for none. */
  readonly rate: number
  readonly threads: number
  readonly upstreamPort: number
  readonly apiServer: string
  readonly main: string
  readonly pinning: Pinning
}

/** One server, one set, one round. */
export interface Trial extends Latencies {
  readonly server: string
  readonly set: QuerySetName
  readonly queriesPerSecond: number
  readonly cpuUsPerQuery: number
  /** Processor time of the load at the peak, in processors. Where the load has one, 1 is when it could ask no faster. */
  readonly clientShare: number
  /** What other programs used meanwhile, in processors: more than 0.1 is a disturbed measurement. */
  readonly othersShare: number
  /** Part of the queries without an answer, from 0 to 1, at the peak or one of the rates: where it was greatest. */
  readonly loss: number
  /** A second after the start, with the cluster loaded. */
  readonly idleMib: number
  /** After the load of this set. */
  readonly loadedMib: number
  /** In what way the answers were not those expected; `''` when they were. */
  readonly wrong: string
}

/** Starts a server, asks it all its sets and stops it. Throws when it does not answer. */
export async function runTrials(contender: Contender, bench: Bench): Promise<Trial[]> {
  const directory = mkdtempSync(join(bench.directory, `${contender.name}-`))
  const { services, servicesWithPort, threads, upstreamPort, apiServer, main } = bench
  const port = await freePort()
  const site = { directory, port, threads, upstreamPort, apiServer, main, services, servicesWithPort }
  const launch = await contender.launch(site)
  const server = new ChildServer(launch, bench.pinning.server, directory)
  try {
    await firstAnswer(server, port, serviceName(services.at(-1)!))
    await setTimeout(IDLE_MS)
    const idleMib = memoryMib(server.pid)
    const trials: Trial[] = []
    for (const set of bench.sets) {
      if (contender.sets.includes(set.name)) trials.push(await runTrial(contender, bench, server, port, set, idleMib))
    }
    return trials
  } finally {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function runTrial(
  { name, kind, transport }: Contender,
  { directory, expected, warmUpSeconds, seconds, spans, rate, threads, pinning }: Bench,
  server: ChildServer,
  port: number,
  set: QuerySet,
  idleMib: number,
): Promise<Trial> {
  const file = join(directory, `${set.name}.queries`)
  writeFileSync(file, `${set.lines.join('\n')}\n`)
  const load: Load = { port, transport, file, threads, pin: pinning.load, processors: pinning.loadProcessors }
  await warmUp(load, warmUpSeconds)
  const wrong = kind === 'ceiling' ? '' : await wrongAnswer(port, set.lines, expected)
  const { result: peak, usage } = await metered(server.pid, () => askAtPeak(load, seconds))
  const { latencies, othersShare } = await measureLatencies(server.pid, load, {
    spans,
    seconds,
    rate,
    halfOfPeak: peak.queriesPerSecond / 2,
  })
  return {
    server: name,
    set: set.name,
    queriesPerSecond: peak.queriesPerSecond,
    cpuUsPerQuery: usage.serverUs / peak.completed,
    ...latencies,
    clientShare: usage.clientUs / usage.wallUs,
    othersShare: Math.max(usage.othersShare, othersShare),
    loss: Math.max(1 - peak.completed / peak.sent, latencies.lostShare),
    idleMib,
    loadedMib: memoryMib(server.pid),
    wrong: kind === 'ceiling' ? '' : wrong || whatIsWrong(peak, set),
  }
}

function whatIsWrong({ completed, rcodes }: DnsperfReport, { absentShare }: QuerySet): string {
  const absent = (rcodes.get('NXDOMAIN') ?? 0) / completed
  const other = 1 - absent - (rcodes.get('NOERROR') ?? 0) / completed
  if (Math.abs(absent - absentShare) <= SHARE_TOLERANCE && other < 0.001) return ''
  const shares = [...rcodes].map(([rcode, count]) => `${percent(count / completed)} ${rcode}`)
  return `answers ${shares.join(', ')} instead of ${percent(absentShare)} NXDOMAIN`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`
}

async function firstAnswer(server: ChildServer, port: number, name: string): Promise<void> {
  const deadlineMs = performance.now() + START_LIMIT_MS
  while (!server.hasEnded && performance.now() < deadlineMs) {
    const reply = await ask(port, name, 'A', { timeoutMs: 100 }).catch(() => null)
    if (reply !== null && reply.answer.length > 0) return
    await setTimeout(20)
  }
  throw new Error(`gave no answer for ${name}; it printed:\n${server.output.slice(-2000)}`)
}
