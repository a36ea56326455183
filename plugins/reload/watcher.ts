import { randomInt } from 'node:crypto'
import type { ProcessControl } from '#plugin/env.ts'
import type { Logger } from '#plugin/log.ts'
import type { ReloadMetrics } from '#plugins/reload/metrics.ts'
import { showVersion } from '#plugins/reload/metrics.ts'
import type { ReloadOptions } from '#plugins/reload/parse.ts'

/** Compares the Corefile with the running configuration from time to time and reloads when they differ. */
export class Watcher {
  readonly #intervalMs: number
  readonly #control: ProcessControl
  readonly #metrics: ReloadMetrics
  readonly #log: Logger
  #timer: NodeJS.Timeout | null = null
  #underWay = false
  /** The content last seen: one that failed is not tried again until it changes. */
  #seenHash = ''

  constructor(options: ReloadOptions, control: ProcessControl, metrics: ReloadMetrics, log: Logger) {
    this.#intervalMs = jittered(options)
    this.#control = control
    this.#metrics = metrics
    this.#log = log
  }

  start(): void {
    this.#seenHash = this.#control.configurationHash
    this.#log.info(`Running configuration SHA512 = ${this.#seenHash}`)
    showVersion(this.#metrics, this.#seenHash)
    this.#timer = setInterval(() => {
      if (!this.#underWay) this.#look()
    }, this.#intervalMs)
    this.#timer.unref()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  async #look(): Promise<void> {
    this.#underWay = true
    try {
      const hash = await this.#control.readHash()
      if (hash !== this.#seenHash && this.#timer !== null) await this.#reload(hash)
    } catch (error) {
      this.#log.warning(`Corefile parse failed: ${(error as Error).message}`)
    }
    this.#underWay = false
  }

  async #reload(hash: string): Promise<void> {
    this.#seenHash = hash
    // The content that failed was taken back.
    if (hash === this.#control.configurationHash) return
    try {
      await this.#control.reload()
    } catch (error) {
      this.#metrics.failed.inc()
      this.#log.error(`Corefile changed but reload failed: ${(error as Error).message}`)
    }
  }
}

/** The interval, changed by chance by up to half the jitter either way. */
function jittered({ intervalMs, jitterMs }: ReloadOptions): number {
  return intervalMs + (jitterMs === 0 ? 0 : randomInt(Math.floor(jitterMs) + 1) - jitterMs / 2)
}
