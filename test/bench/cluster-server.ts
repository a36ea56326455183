import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask } from '#test/support/client.ts'
import { freePort } from '#test/support/free-port.ts'
import { addressText } from '#wire/build.ts'

/** How long a server may take to know the whole cluster, in milliseconds. */
const START_LIMIT_MS = 120_000

/** A server in its own process that follows an API server. */
export class ClusterServer {
  readonly port: number
  readonly #child: ChildProcess
  readonly #directory: string
  #output = ''

  /** Use {@link startClusterServer}. */
  constructor(child: ChildProcess, port: number, directory: string) {
    this.#child = child
    this.port = port
    this.#directory = directory
    child.stdout!.on('data', chunk => (this.#output += String(chunk)))
    child.stderr!.on('data', chunk => (this.#output += String(chunk)))
  }

  /** Log lines of errors. */
  get errorLines(): readonly string[] {
    return this.#output.split('\n').filter(line => line.startsWith('[ERROR]'))
  }

  /** Waits until a name has an address; resolves with the milliseconds that it took. */
  async becomes(name: string, address: string, limitMs: number = START_LIMIT_MS): Promise<number> {
    const beganMs = performance.now()
    for (;;) {
      const reply = await ask(this.port, name, 'A', { timeoutMs: 100 }).catch(() => null)
      if (reply?.answer.some(record => addressText(record) === address)) return performance.now() - beganMs
      if (performance.now() - beganMs > limitMs || this.#child.exitCode !== null) {
        throw new Error(`${name} has no ${address} after ${limitMs} ms; the server printed:\n${this.#output}`)
      }
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  }

  /** Resident memory in MiB; `null` without /proc. */
  memoryMib(): number | null {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) / 1024
    } catch {
      return null
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const exit = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      await exit
    }
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** The greatest memory of a process over some time, looked at every 10 ms. */
export class HighestMemory {
  #highestMib: number | null = null
  readonly #timer: NodeJS.Timeout

  constructor(server: ClusterServer) {
    this.#timer = setInterval(() => {
      const mib = server.memoryMib()
      if (mib !== null) this.#highestMib = Math.max(mib, this.#highestMib ?? 0)
    }, 10)
  }

  /** Ends the looking; `null` where memory cannot be read. */
  stop(): number | null {
    clearInterval(this.#timer)
    return this.#highestMib
  }
}

/** How a server is started. */
export interface ClusterServerOptions {
  /** `src/main.ts`, or the compiled one. */
  readonly main: string
  /** The API server's. */
  readonly url: string
  /** More lines of the block of kubernetes. */
  readonly lines: string
  /** Options of Node. */
  readonly flags: readonly string[]
  /** Put before the command. */
  readonly prefix: readonly string[]
}

/** Starts a server over an API server. */
export async function startClusterServer(options: ClusterServerOptions): Promise<ClusterServer> {
  const { main, url, lines, flags, prefix } = options
  const directory = mkdtempSync(join(tmpdir(), 'nodens-bench-'))
  const port = await freePort()
  const file = join(directory, 'Corefile')
  writeFileSync(
    file,
    `.:${port} {
    bind 127.0.0.1
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        endpoint ${url}
        startup_timeout 60s
        ttl 30
        ${lines}
    }
    cache 30 {
        disable success cluster.local
        disable denial cluster.local
    }
    loadbalance
}
`,
  )
  const [command, ...args] = [...prefix, process.execPath, ...flags, main, '-conf', file]
  const child = spawn(command!, args, {
    env: { ...process.env, MALLOC_ARENA_MAX: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return new ClusterServer(child, port, directory)
}
