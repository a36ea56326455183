import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { isInstalled } from '#test/support/installed.ts'

/** Where `ip netns exec` finds files that stand for those of /etc within a namespace. */
const FILES = '/etc/netns'

const execFileAsync = promisify(execFile)

/** Why a test cannot have network namespaces here, or `false` when it can. */
export function withoutNamespaces(): string | false {
  if (process.platform !== 'linux') return 'network namespaces are of Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  if (!isInstalled('ip')) return 'ip is not installed (package iproute2)'
  const probe = nameFor('probe')
  try {
    ip('netns', 'add', probe)
    ip('netns', 'delete', probe)
    return false
  } catch (error) {
    return `no network namespaces here: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** What a command printed, and its exit code. */
export interface CommandResult {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

/** A network namespace of a test's own; `remove` it after the test, whatever happened. */
export class NetworkNamespace {
  readonly name: string
  readonly #directory: string

  /** Makes it, with its loopback up; `label` is a part of its name, which no other run has. */
  constructor(label: string) {
    this.name = nameFor(label)
    this.#directory = `${FILES}/${this.name}`
    ip('netns', 'add', this.name)
    this.ip('link', 'set', 'lo', 'up')
  }

  /** The command that runs another one in this namespace. */
  get through(): readonly string[] {
    return ['ip', 'netns', 'exec', this.name]
  }

  /** Runs `ip` on this namespace. */
  ip(...args: string[]): void {
    ip('-netns', this.name, ...args)
  }

  /** Joins two namespaces by a cable: each end is `eth0`, has one address and a route to the other's. */
  connect(address: string, other: NetworkNamespace, otherAddress: string): void {
    this.ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', other.name)
    for (const [end, own, peer] of [
      [this, address, otherAddress],
      [other, otherAddress, address],
    ] as const) {
      end.ip('address', 'add', `${own}/32`, 'dev', 'eth0')
      end.ip('link', 'set', 'eth0', 'up')
      end.ip('route', 'add', `${peer}/32`, 'dev', 'eth0')
    }
  }

  /** Puts a file in the place of `/etc/NAME` for the commands that run here from now on. */
  write(name: string, text: string): void {
    mkdirSync(this.#directory, { recursive: true })
    writeFileSync(`${this.#directory}/${name}`, text)
  }

  /** Runs a command here, for 20 seconds at most. */
  async run(...command: string[]): Promise<CommandResult> {
    const [program, ...args] = [...this.through, ...command]
    try {
      return { ...(await execFileAsync(program!, args, { timeout: 20_000 })), code: 0 }
    } catch (error) {
      const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: unknown }
      if (typeof code !== 'number') throw error
      return { stdout, stderr, code }
    }
  }

  /** Takes it away, with its interfaces and files. */
  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
    try {
      rmdirSync(FILES)
    } catch {
      // Others have files there, or nobody ever had.
    }
    ip('netns', 'delete', this.name)
  }
}

function nameFor(label: string): string {
  return `nodens-${label}-${process.pid}-${randomBytes(3).toString('hex')}`
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000 })
}
