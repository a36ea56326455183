import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask } from '#test/support/client.ts'
import { freePort } from '#test/support/free-port.ts'

/** Where the Knot DNS server is, or `null` on a machine without it. */
export const knotProgram: string | null =
  ['/usr/sbin/knotd', '/usr/local/sbin/knotd', '/opt/homebrew/sbin/knotd'].find(path => existsSync(path)) ?? null

/** A Knot DNS of the test's own, on loopback. */
export interface Knot {
  readonly port: number
  /** Kills it as a crash would. */
  kill(): Promise<void>
}

/** Starts a Knot DNS that is the authority for the zone `interop.test` with these records (presentation text). */
export async function startKnot(records: readonly string[]): Promise<Knot> {
  if (knotProgram === null) throw new Error('knotd is not installed')
  const port = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 'nodens-knot-'))
  writeFileSync(join(directory, 'knot.conf'), configuration(directory, port))
  const soa = 'interop.test. 30 IN SOA ns.interop.test. root.interop.test. 1 7200 900 1209600 30'
  const zone = [soa, 'interop.test. 30 IN NS ns.interop.test.', 'ns.interop.test. 30 IN A 127.0.0.1', ...records]
  writeFileSync(join(directory, 'interop.test.zone'), `${zone.join('\n')}\n`)
  const child = spawn(knotProgram, ['-c', join(directory, 'knot.conf')], { stdio: 'ignore' })
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    }
    rmSync(directory, { recursive: true, force: true })
  }
  for (let attempt = 0; attempt < 200 && child.exitCode === null; attempt++) {
    const reply = await ask(port, 'interop.test', 'SOA', { timeoutMs: 200 }).catch(() => null)
    if (reply !== null && reply.answer.length > 0) return { port, kill }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  await kill()
  throw new Error('knotd did not start')
}

function configuration(directory: string, port: number): string {
  return `server:
    rundir: "${directory}"
    listen: 127.0.0.1@${port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "${directory}"
log:
  - target: "${directory}/log"
    any: info
zone:
  - domain: interop.test
    storage: "${directory}"
    file: interop.test.zone
`
}
