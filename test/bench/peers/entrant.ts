import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Bench } from '#test/bench/peers/bench.ts'
import { ChildServer } from '#test/bench/peers/child-server.ts'
import { serviceName } from '#test/bench/peers/cluster.ts'
import type { Contender } from '#test/bench/peers/contender.ts'
import { memoryMib } from '#test/bench/peers/process-usage.ts'
import { ask } from '#test/support/client.ts'
import { freePort } from '#test/support/free-port.ts'

/** How long a server may take to its first answer, in milliseconds: some read 10,000 names slowly. */
const START_LIMIT_MS = 30_000
/** How long a server is left alone before its idle memory is read. */
const IDLE_MS = 1000

/** A server that runs, stopped (SIGSTOP) while others are asked: what it would do meanwhile is not theirs to pay. */
export class Entrant {
  readonly contender: Contender
  readonly port: number
  /** A second after the start, with the cluster loaded. */
  readonly idleMib: number
  readonly #server: ChildServer
  readonly #directory: string

  private constructor(contender: Contender, port: number, server: ChildServer, directory: string) {
    this.contender = contender
    this.port = port
    this.#server = server
    this.#directory = directory
    this.idleMib = memoryMib(server.pid)
  }

  /** Starts a server, which is left stopped. Rejects when it does not answer. */
  static async start(contender: Contender, bench: Bench): Promise<Entrant> {
    const directory = mkdtempSync(join(bench.directory, `${contender.name}-`))
    const port = await freePort()
    const launch = await contender.launch({ ...bench, directory, port })
    const server = new ChildServer(launch, bench.pinning.server, directory)
    try {
      await firstAnswer(server, port, serviceName(bench.services.at(-1)!))
      await setTimeout(IDLE_MS)
      server.pause()
      return new Entrant(contender, port, server, directory)
    } catch (error) {
      await server.stop()
      rmSync(directory, { recursive: true, force: true })
      throw error
    }
  }

  get pid(): number {
    return this.#server.pid
  }

  /** Has the server run while `measure` does. */
  async run<T>(measure: () => Promise<T>): Promise<T> {
    this.#server.goOn()
    try {
      return await measure()
    } finally {
      this.#server.pause()
    }
  }

  /** Ends the server. */
  async stop(): Promise<void> {
    await this.#server.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

async function firstAnswer(server: ChildServer, port: number, name: string): Promise<void> {
  const deadlineMs = performance.now() + START_LIMIT_MS
  while (!server.hasEnded && performance.now() < deadlineMs) {
    const reply = await ask(port, name, 'A', { timeoutMs: 100 }).catch(() => null)
    if (reply !== null && reply.answer.length > 0) return
    await setTimeout(20)
  }
  throw new Error(`gave no answer for ${name}; it printed:\n${server.output.slice(-2000)}`)
}
