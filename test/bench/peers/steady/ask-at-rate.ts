import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { cLibrary } from '#net/batch/c-library.ts'
import type { Load } from '#test/bench/peers/load.ts'
import { clientsFor } from '#test/bench/peers/load.ts'
import { track } from '#test/bench/peers/running-children.ts'
import type { SteadyReport } from '#test/bench/peers/steady/report.ts'
import { REPOSITORY } from '#test/support/source.ts'

/** Whether the steady client can ask: over UDP, with node:ffi, and on a processor of its own, since it never sleeps. */
export function canAskSteadily({ transport, processors }: Load): boolean {
  return transport === 'udp' && processors > 0 && cLibrary() !== null
}

/** Asks so many questions a second with the steady client. Rejects with what it says when it fails. */
export async function askAtRateSteadily(
  { port, file, threads, pin }: Load,
  seconds: number,
  queriesPerSecond: number,
): Promise<SteadyReport> {
  const program = [process.execPath, '--expose-gc', `${REPOSITORY}test/bench/peers/steady/main.ts`]
  const what = [port, file, Math.max(1, queriesPerSecond | 0), seconds, clientsFor(threads)].map(String)
  const words = [...pin, ...program, ...what]
  const child = track(spawn(words[0]!, words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] }))
  const [output, errors, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close')])
  if (code !== 0) throw new Error(`the steady client failed:\n${errors}`)
  return JSON.parse(output) as SteadyReport
}
