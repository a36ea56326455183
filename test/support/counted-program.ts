import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * A program under Callgrind, which counts the instructions of what it is told to do: unlike time, they are the same on a
 * busy machine. The program prints a line when it has started, and one for each line of its standard input that it has obeyed.
 */
export class CountedProgram {
  readonly #child: ChildProcess
  readonly #directory = mkdtempSync(join(tmpdir(), 'nodens-counted-'))
  readonly #lines: AsyncIterator<string>
  #stderr = ''
  #dumps = 0

  /** Starts a module with Node, not counting yet. Compiling and collecting are left to the one thread there is. */
  constructor(module: string) {
    const tool = [
      '--tool=callgrind',
      '--instr-atstart=no',
      '--smc-check=all-non-file',
      `--callgrind-out-file=${this.#file}`,
    ]
    const node = [process.execPath, '--single-threaded', module]
    this.#child = spawn('valgrind', [...tool, ...node], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stderr!.on('data', chunk => (this.#stderr += String(chunk)))
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]()
  }

  /** Waits for the program's next line; rejects with what it printed when it has ended. */
  async line(): Promise<void> {
    if ((await this.#lines.next()).done === true) throw new Error(`the program ended:\n${this.#stderr}`)
  }

  /** Has the program obey a line. */
  async tell(line: string): Promise<void> {
    this.#child.stdin!.write(`${line}\n`)
    await this.line()
  }

  /** The instructions that the program takes to obey a line. */
  async instructionsOf(line: string): Promise<number> {
    this.#control('--instr=on')
    this.#control('--zero')
    await this.tell(line)
    this.#control('--dump')
    this.#dumps++
    const dump = readFileSync(`${this.#file}.${this.#dumps}`, 'utf8')
    return Number(/^totals: (\d+)/m.exec(dump)![1])
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const exit = once(this.#child, 'exit')
      this.#child.kill('SIGKILL')
      await exit
    }
    rmSync(this.#directory, { recursive: true, force: true })
  }

  get #file(): string {
    return join(this.#directory, 'callgrind.out')
  }

  #control(command: string): void {
    execFileSync('callgrind_control', [command, String(this.#child.pid)], { stdio: 'ignore' })
  }
}
