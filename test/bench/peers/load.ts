import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import type { DnsperfReport } from '#test/bench/dnsperf-report.ts'
import { readDnsperfReport } from '#test/bench/dnsperf-report.ts'
import { track } from '#test/bench/peers/running-children.ts'
import { percentile } from '#test/bench/percentile.ts'
import { outputOf } from '#test/bench/program-output.ts'

/** Clients of one serving thread, each with a socket of its own: dnsperf looks at each for every answer, so that more cost more. */
const CLIENTS = 4
/** Clients for each of several threads: the system spreads queries over threads by socket, evenly only when there are many. */
const CLIENTS_PER_THREAD = 16
/** Questions under way among all clients, for each thread. With 200 the default socket buffer of some servers overflows. */
const OUTSTANDING_PER_THREAD = 100
/** dnsperf's socket buffers: its own default is too small for the answers that may wait in them. */
const BUFFER_KIB = 1024
/** A reply that takes longer is lost. */
const TIMEOUT_SECONDS = 2

const WARM_UP_STEP_SECONDS = 2
/** A step that is faster than the one before by less than this has found the server steady. */
const STEADY_GAIN = 1.03

/** What is asked of whom. */
export interface Load {
  readonly port: number
  readonly transport: 'udp' | 'tcp'
  /** Questions in dnsperf's form. */
  readonly file: string
  /** Serving threads of the server. */
  readonly threads: number
  /** Put before the command. */
  readonly pin: readonly string[]
  /** How many processors the load has to itself; 0 when it shares them with the server. */
  readonly processors: number
}

/** Times that pass until the answer, in microseconds. */
export interface Latency {
  readonly p50Us: number
  readonly p90Us: number
  readonly p99Us: number
  /** How many answers these are taken from. */
  readonly samples: number
  /** Questions without an answer. */
  readonly lost: number
}

/** How many clients ask a server with so many threads. */
export function clientsFor(threads: number): number {
  return threads === 1 ? CLIENTS : CLIENTS_PER_THREAD * threads
}

/**
 * Asks as fast as the server answers until it does not become faster, since its caches are full and its code compiled, or
 * for `limitSeconds`.
 */
export async function warmUp(load: Load, limitSeconds: number): Promise<void> {
  let fastest = 0
  for (let seconds = 0; seconds < limitSeconds; seconds += WARM_UP_STEP_SECONDS) {
    const { queriesPerSecond } = await askAtPeak(load, WARM_UP_STEP_SECONDS)
    if (queriesPerSecond < fastest * STEADY_GAIN) return
    fastest = queriesPerSecond
  }
}

/** Asks as fast as the server answers. */
export async function askAtPeak(load: Load, seconds: number): Promise<DnsperfReport> {
  return readDnsperfReport(await dnsperf(load, ['-l', String(seconds)]))
}

/**
 * Asks so many questions a second, sleeping in between: fit for a client that shares a processor. The times are those at which
 * dnsperf comes round to an answer.
 */
export async function askAtRateByDnsperf(load: Load, seconds: number, queriesPerSecond: number): Promise<Latency> {
  const pace = ['-Q', String(Math.max(1, queriesPerSecond | 0)), ...(await evenPace())]
  const output = await dnsperf(load, ['-v', '-l', String(seconds), ...pace])
  const times = Array.from(output.matchAll(/^> \S+ \S+ \S+ (\d+\.\d+)$/gm), ([, time]) => Number(time) * 1e6)
  const { sent, completed } = readDnsperfReport(output)
  return {
    p50Us: percentile(times, 0.5) ?? Number.NaN,
    p90Us: percentile(times, 0.9) ?? Number.NaN,
    p99Us: percentile(times, 0.99) ?? Number.NaN,
    samples: times.length,
    lost: sent - completed,
  }
}

/** Newer dnsperf lets a burst of half a millisecond pass before it waits, unless told not to; older ones know no such option. */
async function evenPace(): Promise<readonly string[]> {
  const help = (await outputOf('dnsperf', ['-H'])) ?? ''
  return help.includes('qps-threshold-wait') ? ['-O', 'qps-threshold-wait=0'] : []
}

/** Its output goes through a file: with `-v` there is a line for each answer, and a pipe would have to be read meanwhile. */
async function dnsperf({ port, transport, file, threads, pin }: Load, more: readonly string[]): Promise<string> {
  const where = ['-s', '127.0.0.1', '-p', String(port), '-m', transport, '-d', file]
  const underWay = [
    '-c',
    String(clientsFor(threads)),
    '-q',
    String(OUTSTANDING_PER_THREAD * threads),
    '-b',
    String(BUFFER_KIB),
  ]
  const words = [...pin, 'dnsperf', ...where, ...underWay, '-t', String(TIMEOUT_SECONDS), ...more]
  const outputFile = `${file}.output`
  const output = openSync(outputFile, 'w')
  try {
    const child = track(spawn(words[0]!, words.slice(1), { stdio: ['ignore', output, output] }))
    await once(child, 'close')
    return readFileSync(outputFile, 'latin1')
  } finally {
    closeSync(output)
    rmSync(outputFile)
  }
}
