import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDnsperfReport } from '#test/bench/dnsperf-report.ts'
import { median } from '#test/bench/median.ts'
import { outputOf } from '#test/bench/program-output.ts'

/** Clients that ask at the same time, and questions under way among them. */
const CLIENTS = 8
const OUTSTANDING = 100

/**
 * Queries per second that dnsperf gets answered when it asks for the A record of one name as fast as it can: the median of
 * `rounds` rounds of `seconds`, after one second to warm up. `null` without dnsperf. Throws when an answer is lost or wrong.
 */
export async function queriesPerSecond(
  port: number,
  name: string,
  rounds: number,
  seconds: number,
): Promise<number | null> {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-bench-'))
  try {
    const file = join(directory, 'queries')
    writeFileSync(file, `${name} A\n`)
    if ((await round(port, file, 1)) === null) return null
    const results: number[] = []
    for (let i = 0; i < rounds; i++) results.push((await round(port, file, seconds))!)
    return median(results)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function round(port: number, file: string, seconds: number): Promise<number | null> {
  const load = ['-c', String(CLIENTS), '-q', String(OUTSTANDING), '-l', String(seconds), '-t', '5']
  const output = await outputOf('dnsperf', ['-s', '127.0.0.1', '-p', String(port), '-d', file, ...load])
  if (output === null) return null
  const { sent, completed, rcodes, queriesPerSecond } = readDnsperfReport(output)
  const fine = rcodes.get('NOERROR') ?? 0
  if (completed !== sent || fine !== sent) {
    throw new Error(`dnsperf sent ${sent} queries and got ${completed} answers, ${fine} of them NOERROR:\n${output}`)
  }
  return queriesPerSecond
}
