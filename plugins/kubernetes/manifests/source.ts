import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#plugin/log.ts'
import type { DeltaBatch } from '#plugins/kubernetes/index/delta.ts'
import type { Selection } from '#plugins/kubernetes/manifests/assemble.ts'
import { assemble } from '#plugins/kubernetes/manifests/assemble.ts'
import { Difference } from '#plugins/kubernetes/manifests/difference.ts'
import { ManifestFiles } from '#plugins/kubernetes/manifests/files.ts'
import { watchPaths } from '#plugins/kubernetes/manifests/watch.ts'

/** What a source of deltas needs. */
export interface ManifestSourceOptions {
  /** Absolute paths of files and directories, and patterns. */
  readonly paths: readonly string[]
  readonly selection: Selection
  readonly log: Logger
  readonly clock: Clock
  /** Takes the deltas. */
  apply(batch: DeltaBatch): void
}

/** How long after a file-system event the files are looked at, so that one save or checkout is one look. */
const SETTLE_MS = 50
/** How often they are looked at without an event: the net under file systems that send none. */
const POLL_MS = 500
/** Looking takes at most about one part in this many of the time, however many files there are. */
const POLL_SHARE = 50

/** Reads a cluster from manifest files and follows their changes. */
export class ManifestSource {
  readonly #options: ManifestSourceOptions
  readonly #files: ManifestFiles
  readonly #difference = new Difference()
  #warnings: ReadonlySet<string> = new Set()
  #timer: NodeJS.Timeout | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #looking: Promise<void> = Promise.resolve()
  #closed = false
  #lastError = ''
  #endWatch: () => void = () => {}

  constructor(options: ManifestSourceOptions) {
    this.#options = options
    this.#files = new ManifestFiles(options.paths, options.log, options.selection.zones)
  }

  /** Resolves once all files have been read; rejects when a path leads nowhere. */
  async start(): Promise<void> {
    await this.#files.checkPaths()
    // Watching begins before the first look, so that no change falls between the two.
    this.#endWatch = watchPaths(this.#options.paths, () => this.#lookIn(SETTLE_MS))
    await this.#files.refresh()
    this.#send()
    this.#lookIn(POLL_MS)
  }

  /** Ends the watch; resolves when nothing is going on any more. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#endWatch()
    await this.#looking
  }

  /** Plans a look, unless an earlier one is planned; it never puts one off, so steady changes cannot hold it up. */
  #lookIn(ms: number): void {
    const atMs = this.#options.clock.nowMs() + ms
    if (this.#closed || atMs >= this.#timerAtMs) return
    clearTimeout(this.#timer)
    this.#timerAtMs = atMs
    this.#timer = setTimeout(() => {
      this.#timerAtMs = Number.POSITIVE_INFINITY
      this.#looking = this.#looking.then(() => this.#look())
    }, ms).unref()
  }

  async #look(): Promise<void> {
    if (this.#closed) return
    const startMs = performance.now()
    try {
      if ((await this.#files.refresh()) && !this.#closed) this.#send()
      this.#lastError = ''
    } catch (error) {
      const { message } = error as Error
      if (message !== this.#lastError) this.#options.log.error(`cannot look at the manifests: ${message}`)
      this.#lastError = message
    }
    this.#lookIn(Math.max(POLL_MS, (performance.now() - startMs) * POLL_SHARE))
  }

  #send(): void {
    const { selection, clock, log, apply } = this.#options
    const { states, warnings } = assemble(this.#files.objects(), selection)
    for (const warning of warnings) if (!this.#warnings.has(warning)) log.warning(warning)
    this.#warnings = new Set(warnings)
    apply({ atSeconds: Math.floor(clock.wallMs() / 1000), deltas: this.#difference.next(states), synced: true })
  }
}
