import type { Clock } from '#lib/clock.ts'
import type { Resource } from '#plugins/kubernetes/api/resource.ts'
import type { Snapshot } from '#plugins/kubernetes/api/snapshot.ts'
import { loadSnapshot, saveSnapshot } from '#plugins/kubernetes/api/snapshot.ts'

/** Where snapshots are kept (option `snapshot`). */
export interface SnapshotOption {
  /** Absolute. */
  readonly file: string
  readonly maxAgeMs: number
}

/** What keeping snapshots needs. */
export interface SnapshotKeeperOptions extends SnapshotOption {
  /** Which objects of which API server; a snapshot of another selection is not used. */
  readonly selection: string
  readonly clock: Clock
  /** Takes a line for the log. */
  warn(message: string): void
  /** Whether what is known is up to date, so that it may be saved as of now. */
  isCurrent(): boolean
  /** Every object, as its resource and its state in JSON. */
  lines(): Iterable<readonly [resource: Resource['name'], json: string]>
}

/** Changes are saved together, this long after the first. */
const SETTLE_MS = 5000
/** What has not changed is saved again after this, so that the file says how long it was true. */
const RENEW_MS = 600_000
/** Saving takes at most about one part in this many of the time. */
const SAVE_SHARE = 20

/** Saves what is known of a cluster from time to time, and gives it back after a restart. */
export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions
  #timer: NodeJS.Timeout | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #saving: Promise<void> = Promise.resolve()
  #settleMs = SETTLE_MS
  #hasChanged = false
  #lastError = ''
  #closed = false

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options
  }

  /** The snapshot that was saved last, if it can be used and is not too old; `null` otherwise, with a warning if it is damaged. */
  async load(): Promise<Snapshot | null> {
    const { file, selection, maxAgeMs, warn, clock } = this.#options
    try {
      const snapshot = await loadSnapshot(file, selection)
      return snapshot !== null && clock.wallMs() - snapshot.savedAtMs < maxAgeMs ? snapshot : null
    } catch (error) {
      warn(`the snapshot ${file} is not used: ${(error as Error).message}`)
      return null
    }
  }

  /** Says that something has changed, or that all is known for the first time. */
  changed(): void {
    this.#hasChanged = true
    this.#saveIn(this.#settleMs)
  }

  /** Saves what has changed since the last time; resolves when nothing is going on any more. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#saving
    if (this.#hasChanged) await this.#save()
  }

  #saveIn(ms: number): void {
    const atMs = performance.now() + ms
    if (this.#closed || atMs >= this.#timerAtMs) return
    clearTimeout(this.#timer)
    this.#timerAtMs = atMs
    this.#timer = setTimeout(() => {
      this.#timerAtMs = Number.POSITIVE_INFINITY
      this.#saving = this.#save().then(() => this.#saveIn(RENEW_MS))
    }, ms).unref()
  }

  async #save(): Promise<void> {
    const { file, selection, clock, warn, isCurrent, lines } = this.#options
    if (!isCurrent()) return
    this.#hasChanged = false
    const startMs = performance.now()
    try {
      await saveSnapshot(file, { format: 'nodens-snapshot-1', savedAtMs: clock.wallMs(), selection }, lines())
      this.#lastError = ''
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const text = code ?? message
      if (text !== this.#lastError) warn(`cannot save the snapshot ${file}: ${text}`)
      this.#lastError = text
    }
    this.#settleMs = Math.max(SETTLE_MS, (performance.now() - startMs) * SAVE_SHARE)
    // What changed while it was being written is not in it, or not as a whole.
    if (this.#hasChanged) this.#saveIn(this.#settleMs)
  }
}
