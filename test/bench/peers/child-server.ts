import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Launch } from '#test/bench/peers/contender.ts'
import { track } from '#test/bench/peers/running-children.ts'

/** How long a server may take to end before it is killed, in milliseconds. */
const END_LIMIT_MS = 5000

/** A server under measurement and the one that it asks, if any. */
export class ChildServer {
  readonly #children: readonly ChildProcess[]
  readonly #outputFile: string

  /** Starts the servers; `pin` goes before the command under measurement. */
  constructor(launch: Launch, pin: readonly string[], directory: string) {
    this.#outputFile = join(directory, 'stderr')
    const backend = launch.backend === undefined ? [] : [start(launch.backend, [], join(directory, 'backend-stderr'))]
    this.#children = [start(launch, pin, this.#outputFile), ...backend]
  }

  get pid(): number {
    return this.#children[0]!.pid!
  }

  get hasEnded(): boolean {
    return hasEnded(this.#children[0]!)
  }

  /** What it printed on standard error. */
  get output(): string {
    return readFileSync(this.#outputFile, 'utf8')
  }

  /** Stops the server under measurement (SIGSTOP) until it goes on. */
  pause(): void {
    this.#children[0]!.kill('SIGSTOP')
  }

  goOn(): void {
    this.#children[0]!.kill('SIGCONT')
  }

  /** Ends the servers, by force after five seconds. */
  async stop(): Promise<void> {
    this.goOn()
    await Promise.all(this.#children.map(stop))
  }
}

function start({ command, args, env }: Launch, pin: readonly string[], outputFile: string): ChildProcess {
  const words = [...pin, command, ...args] // taskset becomes the command: the process keeps its ID.
  const output = openSync(outputFile, 'w')
  const child = spawn(words[0]!, words.slice(1), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', output],
  })
  closeSync(output)
  return track(child)
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS)
  await exit
  clearTimeout(timer)
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}
