import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask } from '#test/support/client.ts'
import { freePort } from '#test/support/free-port.ts'

/** Where the unbound program is, or `null` on a machine without it. */
export const unboundProgram: string | null =
  ['/usr/sbin/unbound', '/usr/local/sbin/unbound', '/opt/homebrew/sbin/unbound'].find(path => existsSync(path)) ?? null

/** An unbound of the test's own, on loopback. */
export interface Unbound {
  readonly port: number
  /** Kills it as a crash would. */
  kill(): Promise<void>
  /** Stops it in its tracks: it still has its port but answers nothing. */
  freeze(): void
}

/** Starts an unbound that serves records (presentation text) of the zone `interop.test` and nothing else. */
export function startUnbound(records: readonly string[], port?: number): Promise<Unbound> {
  const data = records.map(record => `local-data: '${record}'`)
  return start({ server: ['local-zone: "." static', 'local-zone: "interop.test." static', ...data], forward: [] }, port)
}

/** Starts an unbound that asks a port of loopback for everything over TLS, and trusts the authorities in the file `authorities`. */
export function startUnboundOverTls(upstreamPort: number, authorities: string): Promise<Unbound> {
  return start({
    server: ['do-not-query-localhost: no', `tls-cert-bundle: "${authorities}"`],
    forward: ['name: "."', 'forward-tls-upstream: yes', `forward-addr: 127.0.0.1@${upstreamPort}#localhost`],
  })
}

/** What one unbound has in its configuration beside what all have, by clause. */
interface Lines {
  readonly server: readonly string[]
  /** None for no such clause. */
  readonly forward: readonly string[]
}

async function start(lines: Lines, port?: number): Promise<Unbound> {
  if (unboundProgram === null) throw new Error('unbound is not installed')
  const chosen = port ?? (await freePort())
  const directory = mkdtempSync(join(tmpdir(), 'nodens-unbound-'))
  const file = join(directory, 'unbound.conf')
  writeFileSync(file, configuration(directory, chosen, lines))
  const child = spawn(unboundProgram, ['-d', '-p', '-c', file], { stdio: 'ignore' })
  const kill = async () => {
    await end(child)
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await answering(chosen, child)
  } catch (error) {
    await kill()
    throw error
  }
  return { port: chosen, kill, freeze: () => void child.kill('SIGSTOP') }
}

function configuration(directory: string, port: number, { server, forward }: Lines): string {
  return `server:
  directory: "${directory}"
  chroot: ""
  username: ""
  use-syslog: no
  do-ip6: no
  num-threads: 1
  interface: 127.0.0.1@${port}
  access-control: 127.0.0.0/8 allow
  module-config: "iterator"
${server.map(line => `  ${line}\n`).join('')}
${forward.length === 0 ? '' : 'forward-zone:\n'}${forward.map(line => `  ${line}\n`).join('')}
remote-control:
  control-enable: no
`
}

async function answering(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 100 && child.exitCode === null; attempt++) {
    const reply = await ask(port, 'interop.test', 'SOA', { timeoutMs: 200 }).catch(() => null)
    if (reply !== null) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('unbound did not start')
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
