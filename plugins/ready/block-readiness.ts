import type { Capability, Readiness } from '#plugin/capability.ts'
import { defineCapability } from '#plugin/capability.ts'
import type { Monitor } from '#plugins/ready/parse.ts'

/** Which plugins of one server block still have to get ready. */
export class BlockReadiness {
  /** Whether the process is about to end. */
  shuttingDown = false
  readonly #plugins: () => readonly Readiness[]
  readonly #monitor: Monitor
  readonly #done = new Set<Readiness>()

  constructor(plugins: () => readonly Readiness[], monitor: Monitor) {
    this.#plugins = plugins
    this.#monitor = monitor
  }

  /** Their names. With `until-ready` a plugin that was ready once counts as ready ever after. */
  notReady(): string[] {
    return this.#plugins()
      .filter(each => !this.#isReady(each))
      .map(each => each.plugin)
  }

  #isReady(plugin: Readiness): boolean {
    if (this.#done.has(plugin)) return true
    const ready = plugin.ready()
    if (ready && this.#monitor === 'until-ready') this.#done.add(plugin)
    return ready
  }
}

/** How the ready plugins of different blocks find each other: one endpoint speaks for all of them. */
export const blockReadiness: Capability<BlockReadiness> = defineCapability<BlockReadiness>('block readiness')
