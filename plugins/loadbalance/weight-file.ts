import { readFile } from 'node:fs/promises'
import { formatDuration } from '#lib/duration.ts'
import { MAX_TIMER_MS } from '#lib/timer.ts'
import type { Logger } from '#plugin/log.ts'
import type { Weights } from '#plugins/loadbalance/weights.ts'
import { parseWeights } from '#plugins/loadbalance/weights.ts'

/** The weights in force, read again every `reloadMs`. */
export class WeightFile {
  readonly #path: string
  readonly #reloadMs: number
  readonly #log: Logger
  #weights: Weights = new Map()
  #text: string | null = null
  #complaint = ''
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  /** `path` is absolute; a `reloadMs` of 0 reads the file once. */
  constructor(path: string, reloadMs: number, log: Logger) {
    this.#path = path
    this.#reloadMs = reloadMs
    this.#log = log
  }

  get weights(): Weights {
    return this.#weights
  }

  /** Reads the file. Rejects if it cannot be read and will not be tried again. */
  async start(): Promise<void> {
    const problem = await this.refresh()
    if (this.#reloadMs === 0) {
      if (problem !== '') throw new Error(problem)
      return
    }
    if (this.#stopped) return
    this.#timer = setInterval(() => void this.refresh(), Math.min(Math.max(1, this.#reloadMs), MAX_TIMER_MS))
    this.#timer.unref()
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
  }

  /** Takes over the file's content if it changed; returns what is wrong with it, and keeps the weights of before then. */
  async refresh(): Promise<string> {
    const problem = await this.#read()
    if (problem !== '' && problem !== this.#complaint && this.#reloadMs > 0) {
      this.#log.warning(`${problem}. Retrying every ${formatDuration(this.#reloadMs)}`)
    }
    this.#complaint = problem
    return problem
  }

  async #read(): Promise<string> {
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (error) {
      return `Failed to open weight file ${this.#path}: ${(error as Error).message}`
    }
    if (text === this.#text) return this.#complaint
    const weights = parseWeights(text)
    const isFirst = this.#text === null
    this.#text = text
    if (typeof weights === 'string') return `Failed to parse weight file ${this.#path}: ${weights}`
    this.#weights = weights
    if (!isFirst) this.#log.info(`Successfully reloaded weight file ${this.#path}`)
    return ''
  }
}
