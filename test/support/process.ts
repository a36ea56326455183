import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** How `nodens` is started: `src/main.ts` with the test's own environment, where nothing else is said. */
export interface NodensProcessOptions {
  readonly cwd?: string
  readonly stdin?: string
  readonly env?: NodeJS.ProcessEnv
  /** A command that takes another one after its own arguments, and runs that in its place. */
  readonly through?: readonly string[]
  /** Options of Node. */
  readonly flags?: readonly string[]
  /** Another main module, such as that of the compiled package. */
  readonly main?: string
}

/** A `nodens` process that a test started. */
export class NodensProcess {
  readonly child: ChildProcess
  #stdout = ''
  #stderr = ''
  readonly #exit: Promise<number | null>

  constructor(args: readonly string[], options: NodensProcessOptions = {}) {
    const { through = [], flags = [], main = MAIN } = options
    const [program, ...all] = [...through, process.execPath, ...flags, main, ...args]
    this.child = spawn(program!, all, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.child.stdout!.on('data', chunk => (this.#stdout += String(chunk)))
    this.child.stderr!.on('data', chunk => (this.#stderr += String(chunk)))
    this.child.stdin!.end(options.stdin ?? '')
    this.#exit = new Promise(resolve => this.child.on('close', code => resolve(code)))
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  /** The exit code, once the process has ended and its output is complete. */
  exit(): Promise<number | null> {
    return this.#exit
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Waits until standard output matches, at most `timeoutMs`; rejects, with the output, if it never does. */
  async output(pattern: RegExp, timeoutMs = 10_000): Promise<RegExpExecArray> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const match = pattern.exec(this.#stdout)
      if (match !== null) return match
      if (performance.now() > deadline || this.child.exitCode !== null) {
        throw new Error(`no ${pattern} in the output:\n${this.#stdout}${this.#stderr}`)
      }
      await new Promise(done => setTimeout(done, 10))
    }
  }

  /** Ends the process for sure; for `t.after`. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null) this.child.kill('SIGKILL')
    await this.#exit
  }
}

/** Runs `nodens` to its end. */
export async function runNodens(
  args: readonly string[],
  options: { cwd?: string; stdin?: string } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const nodens = new NodensProcess(args, options)
  const code = await nodens.exit()
  return { code, stdout: nodens.stdout, stderr: nodens.stderr }
}
