import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { median } from '#test/bench/median.ts'
import { ask } from '#test/support/client.ts'
import { freePort } from '#test/support/free-port.ts'
import { REPOSITORY } from '#test/support/source.ts'

/** How long a server may take to its first answer before the measurement fails, in milliseconds. */
const START_LIMIT_MS = 10_000
/** How long a server is left alone before its memory is read, in milliseconds. */
const IDLE_MS = 2000

/** How a server under measurement is started. */
export interface BenchServerOptions {
  /** Where it forwards what is not of the cluster, on loopback. */
  readonly upstreamPort: number
  /** Added to this process's environment. */
  readonly environment: Readonly<Record<string, string>>
}

/** A server in a process of its own, as a user starts it. */
export interface BenchServer {
  readonly port: number
  readonly pid: number
  /** Resolves with the milliseconds from the start of the process to the first answer for `name`. */
  firstAnswer(name: string): Promise<number>
  stop(): Promise<void>
}

/** Starts the server over the sample cluster. */
export async function startBenchServer({ upstreamPort, environment }: BenchServerOptions): Promise<BenchServer> {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-bench-'))
  const port = await freePort()
  const file = join(directory, 'Corefile')
  writeFileSync(file, corefile(port, upstreamPort))
  const startedAtMs = performance.now()
  const child = spawn(process.execPath, [`${REPOSITORY}src/main.ts`, '-conf', file], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', chunk => (output += chunk))
  child.stderr.on('data', chunk => (output += chunk))
  const firstAnswer = async (name: string): Promise<number> => {
    while (child.exitCode === null && performance.now() - startedAtMs < START_LIMIT_MS) {
      const reply = await ask(port, name, 'A', { timeoutMs: 10 }).catch(() => null)
      if (reply !== null && reply.answer.length > 0) return performance.now() - startedAtMs
    }
    throw new Error(`the server gave no answer within ${START_LIMIT_MS} ms; it printed:\n${output}`)
  }
  const stop = async (): Promise<void> => {
    const exit = child.exitCode === null ? once(child, 'exit') : null
    child.kill('SIGTERM')
    await exit
    rmSync(directory, { recursive: true })
  }
  return { port, pid: child.pid!, firstAnswer, stop }
}

/** Milliseconds from the start of a process to its first answer, the median of some runs. */
export async function startToFirstAnswerMs(options: BenchServerOptions, name: string, runs: number): Promise<number> {
  const results: number[] = []
  for (let i = 0; i < runs; i++) {
    const server = await startBenchServer(options)
    try {
      results.push(await server.firstAnswer(name))
    } finally {
      await server.stop()
    }
  }
  return median(results)
}

/** Resident memory of a process that has been left alone for two seconds, in MiB; `null` without /proc. */
export async function idleMemoryMib(pid: number): Promise<number | null> {
  await setTimeout(IDLE_MS)
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]
    return Number(kib) / 1024
  } catch {
    return null
  }
}

function corefile(port: number, upstreamPort: number): string {
  return `.:${port} {
    bind 127.0.0.1
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        manifests ${REPOSITORY}examples/cluster
    }
    forward . 127.0.0.1:${upstreamPort}
    cache 30
    loadbalance
}
`
}
