import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { knotProgram } from '#test/support/knot.ts'

/** Where BIND's server is, or `null` on a machine without it. */
export const namedProgram: string | null =
  ['/usr/sbin/named', '/usr/local/sbin/named', '/opt/homebrew/sbin/named'].find(path => existsSync(path)) ?? null

/** A server that takes a zone from another by transfer. */
export type SecondaryKind = 'named' | 'knotd'

/** The program of a kind; `null` when it is not installed. */
export function secondaryProgram(kind: SecondaryKind): string | null {
  return kind === 'named' ? namedProgram : knotProgram
}

/** Starts a secondary for `cluster.local` on loopback that takes the zone from the port `primary`. */
export function startSecondary(kind: SecondaryKind, primary: number, port: number): { stop(): Promise<void> } {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-secondary-'))
  const file = join(directory, 'server.conf')
  writeFileSync(file, kind === 'named' ? namedConf(directory, primary, port) : knotConf(directory, primary, port))
  const args = kind === 'named' ? ['-f', '-4', '-n', '1', '-c', file] : ['-c', file]
  const child = spawn(secondaryProgram(kind)!, args, { stdio: 'ignore' })
  return {
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      }
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function namedConf(directory: string, primary: number, port: number): string {
  return `options {
  directory "${directory}";
  pid-file none;
  session-keyfile none;
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  allow-notify { 127.0.0.1; };
  transfer-source 127.0.0.1;
};
controls { };
zone "cluster.local" {
  type secondary;
  primaries { 127.0.0.1 port ${primary}; };
  file "${directory}/cluster.local.zone";
  min-refresh-time 1;
};
`
}

function knotConf(directory: string, primary: number, port: number): string {
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
remote:
  - id: primary
    address: 127.0.0.1@${primary}
acl:
  - id: notify
    address: 127.0.0.1
    action: notify
zone:
  - domain: cluster.local
    storage: "${directory}"
    file: cluster.local.zone
    master: primary
    acl: notify
`
}
