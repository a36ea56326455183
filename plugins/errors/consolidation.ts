import { formatDuration } from '#lib/duration.ts'
import type { Logger } from '#plugin/log.ts'
import type { ConsolidateRule } from '#plugins/errors/parse.ts'

/** Counts the errors that match a pattern and logs one line for all of a period. A period starts with its first error. */
export class Consolidation {
  readonly #rule: ConsolidateRule
  readonly #log: Logger
  #count = 0
  #timer: NodeJS.Timeout | null = null
  #stopped = false

  constructor(rule: ConsolidateRule, log: Logger) {
    this.#rule = rule
    this.#log = log
  }

  matches(message: string): boolean {
    return this.#rule.expression.test(message)
  }

  /** Takes one error whose line would be `line`. */
  take(line: string): void {
    if (this.#stopped) {
      this.#log[this.#rule.level](line)
      return
    }
    this.#count++
    if (this.#count > 1) return
    this.#timer = setTimeout(() => this.#summarise(), this.#rule.periodMs)
    this.#timer.unref()
    if (this.#rule.showFirst) this.#log[this.#rule.level](line)
  }

  /** Logs what has been counted; errors that come later are logged one by one. */
  stop(): void {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#summarise()
  }

  #summarise(): void {
    const count = this.#count
    this.#count = 0
    this.#timer = null
    const { level, pattern, periodMs, showFirst } = this.#rule
    if (count === 0 || (count === 1 && showFirst)) return
    this.#log[level](`${count} errors like '${pattern}' occurred in last ${formatDuration(periodMs)}`)
  }
}
