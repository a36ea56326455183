import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import type { DnsperfReport } from '#test/bench/dnsperf-report.ts'
import { readDnsperfReport } from '#test/bench/dnsperf-report.ts'
import { track } from '#test/bench/peers/running-children.ts'

/** Clients, each with a socket of its own, for each serving thread; the system spreads queries over threads by socket. */
const CLIENTS_PER_THREAD = 8
/** Questions under way among all clients. */
const OUTSTANDING = 100
/** A reply that takes longer is lost. */
const TIMEOUT_SECONDS = 2

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
}

/** Times that pass until the answer, in microseconds. */
export interface Latency {
  readonly p50Us: number
  readonly p99Us: number
}

/** Asks every question of the file so many times, within ten seconds, so that caches and compilers are warm. */
export async function warmUp(load: Load, times: number): Promise<DnsperfReport> {
  return readDnsperfReport(await dnsperf(load, ['-n', String(times), '-l', '10']))
}

/** Asks as fast as the server answers. */
export async function askAtPeak(load: Load, seconds: number): Promise<DnsperfReport> {
  return readDnsperfReport(await dnsperf(load, ['-l', String(seconds)]))
}

/** Asks so many questions a second. */
export async function askAtRate(load: Load, seconds: number, queriesPerSecond: number): Promise<Latency> {
  const output = await dnsperf(load, ['-v', '-l', String(seconds), '-Q', String(Math.max(1, queriesPerSecond | 0))])
  const times = Float64Array.from(output.matchAll(/^> \S+ \S+ \S+ (\d+\.\d+)$/gm), ([, time]) => Number(time)).sort()
  return { p50Us: percentile(times, 0.5) * 1e6, p99Us: percentile(times, 0.99) * 1e6 }
}

function percentile(sorted: Float64Array, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** Its output goes through a file: with `-v` there is a line for each answer, and a pipe would have to be read meanwhile. */
async function dnsperf({ port, transport, file, threads, pin }: Load, more: readonly string[]): Promise<string> {
  const where = ['-s', '127.0.0.1', '-p', String(port), '-m', transport, '-d', file]
  const clients = ['-c', String(CLIENTS_PER_THREAD * threads), '-q', String(OUTSTANDING), '-t', String(TIMEOUT_SECONDS)]
  const words = [...pin, 'dnsperf', ...where, ...clients, ...more]
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
