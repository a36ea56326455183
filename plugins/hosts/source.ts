import { MAX_TIMER_MS } from '#lib/timer.ts'
import type { Logger } from '#plugin/log.ts'
import type { Slot } from '#plugin/metrics.ts'
import type { HostsFileContent } from '#plugins/hosts/hosts-file.ts'
import { HostsFile } from '#plugins/hosts/hosts-file.ts'
import { addHostsLine, addHostsText } from '#plugins/hosts/hosts-text.ts'
import type { HostsOptions } from '#plugins/hosts/options.ts'
import { HostsTable } from '#plugins/hosts/table.ts'

/** Where the reading of the hosts file shows. */
export interface HostsSlots {
  readonly entries: Slot
  readonly reloadTimestamp: Slot
}

/** Who reads the hosts file for all threads. */
export interface HostsReading {
  /** Whether this thread does. */
  readonly isReader: boolean
  /** Has all threads `receive` what the file holds now. */
  send(content: HostsFileContent): void
}

/** The table in force, made anew whenever the file changes; queries see the old one or the new one, nothing between. */
export class HostsSource {
  readonly #options: HostsOptions
  readonly #file: HostsFile
  readonly #log: Logger
  readonly #slots: HostsSlots
  readonly #onChange: () => void
  #table: HostsTable
  readonly #reading: HostsReading
  #content: HostsFileContent | null = null
  #loading: Promise<void> = Promise.resolve()
  #refreshing = false
  #stopped = false
  #timer: NodeJS.Timeout | undefined

  /** `path` is absolute. Until `refresh` has read the file, only the inline entries are known. */
  constructor(
    options: HostsOptions,
    path: string,
    log: Logger,
    slots: HostsSlots,
    onChange: () => void,
    reading?: HostsReading,
  ) {
    this.#reading = reading ?? { isReader: true, send: content => this.receive(content) }
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

  /** What the file held when it was read last; `null` when it has never been. */
  get content(): HostsFileContent | null {
    return this.#content
  }

  /** Takes what the file holds now. */
  receive(content: HostsFileContent): void {
    this.#content = content
    this.#loading = this.#loading.then(() => this.#load(content))
  }

  /** Reads the file if it changed. What was known stays when it cannot be read. Never rejects. */
  async refresh(): Promise<void> {
    if (this.#refreshing) return
    this.#refreshing = true
    try {
      const content = await this.#file.readIfChanged()
      if (content === null) return
      this.#reading.send(content)
      await this.#loading
    } finally {
      this.#refreshing = false
    }
  }

  /** Reads the file now and then every `reload`; a thread that does not read waits for what it has received. */
  async start(): Promise<void> {
    if (!this.#reading.isReader) return this.#loading
    await this.refresh()
    if (this.#options.reloadMs === 0 || this.#stopped) return
    this.#timer = setInterval(() => void this.refresh(), Math.min(Math.max(1, this.#options.reloadMs), MAX_TIMER_MS))
    this.#timer.unref()
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
  }

  async #load({ text, modifiedMs }: HostsFileContent): Promise<void> {
    const table = new HostsTable(this.#options.zones, this.#options.reverse)
    await addHostsText(table, text, this.#reading.isReader ? this.#file.skippedLines() : () => {})
    this.#adopt(table)
    if (this.#reading.isReader) this.#log.debug(`Parsed hosts file into ${table.entries} entries`)
    this.#slots.reloadTimestamp.set(modifiedMs / 1000)
  }

  #adopt(table: HostsTable): void {
    for (const line of this.#options.inline) addHostsLine(table, line, () => {})
    this.#table = table
    this.#onChange()
    this.#slots.entries.set(table.entries)
  }
}
