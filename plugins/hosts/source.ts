import { MAX_TIMER_MS } from '#lib/timer.ts'
import type { Logger } from '#plugin/log.ts'
import type { Slot } from '#plugin/metrics.ts'
import { HostsFile } from '#plugins/hosts/hosts-file.ts'
import { addHostsLine, addHostsText } from '#plugins/hosts/hosts-text.ts'
import type { HostsOptions } from '#plugins/hosts/options.ts'
import { HostsTable } from '#plugins/hosts/table.ts'

/** Where the reading of the hosts file shows. */
export interface HostsSlots {
  readonly entries: Slot
  readonly reloadTimestamp: Slot
}

/** The table in force, made anew whenever the file changes; queries see the old one or the new one, nothing between. */
export class HostsSource {
  readonly #options: HostsOptions
  readonly #file: HostsFile
  readonly #log: Logger
  readonly #slots: HostsSlots
  readonly #onChange: () => void
  #table: HostsTable
  #refreshing = false
  #stopped = false
  #timer: NodeJS.Timeout | undefined

  /** `path` is absolute. Until `refresh` has read the file, only the inline entries are known. */
  constructor(options: HostsOptions, path: string, log: Logger, slots: HostsSlots, onChange: () => void) {
    this.#onChange = onChange
    this.#options = options
    this.#file = new HostsFile(path, log)
    this.#log = log
    this.#slots = slots
    this.#table = new HostsTable(options.zones, options.reverse)
    this.#adopt(this.#table)
  }

  get table(): HostsTable {
    return this.#table
  }

  /** Reads the file if it changed. What was known stays when it cannot be read. Never rejects. */
  async refresh(): Promise<void> {
    if (this.#refreshing) return
    this.#refreshing = true
    try {
      const content = await this.#file.readIfChanged()
      if (content === null) return
      const table = new HostsTable(this.#options.zones, this.#options.reverse)
      await addHostsText(table, content.text, this.#file.skippedLines())
      this.#adopt(table)
      this.#log.debug(`Parsed hosts file into ${table.entries} entries`)
      this.#slots.reloadTimestamp.set(content.modifiedMs / 1000)
    } finally {
      this.#refreshing = false
    }
  }

  /** Reads the file now and then every `reload`. */
  async start(): Promise<void> {
    await this.refresh()
    if (this.#options.reloadMs === 0 || this.#stopped) return
    this.#timer = setInterval(() => void this.refresh(), Math.min(Math.max(1, this.#options.reloadMs), MAX_TIMER_MS))
    this.#timer.unref()
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
  }

  #adopt(table: HostsTable): void {
    for (const line of this.#options.inline) addHostsLine(table, line, () => {})
    this.#table = table
    this.#onChange()
    this.#slots.entries.set(table.entries)
  }
}
