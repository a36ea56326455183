import { formatDuration } from '#lib/duration.ts'
import type { Capability, Followed, FollowedSources, Readiness } from '#plugin/capability.ts'
import { defineCapability } from '#plugin/capability.ts'
import type { Demands } from '#plugins/ready/parse.ts'

/** What the plugins of one server block say of themselves; each list is asked for anew. */
export interface BlockPlugins {
  readiness(): readonly Readiness[]
  followed(): readonly FollowedSources[]
}

/** Which plugins of one server block still have to get ready, or are out of date. */
export class BlockReadiness {
  /** Whether the process is about to end. */
  shuttingDown = false
  readonly #plugins: BlockPlugins
  readonly #demands: Demands
  readonly #done = new Set<Readiness>()

  constructor(plugins: BlockPlugins, demands: Demands) {
    this.#plugins = plugins
    this.#demands = demands
  }

  /** Names of those that are not ready. With `until-ready` a plugin that was ready once counts as ready ever after. */
  notReady(): string[] {
    return this.#plugins
      .readiness()
      .filter(each => !this.#isReady(each))
      .map(each => each.plugin)
  }

  /** What nothing has been heard of for too long, with the plugin that follows it. */
  outOfDate(): { readonly plugin: string; readonly reason: string }[] {
    const { maxAgeMs } = this.#demands
    return this.#allFollowed()
      .filter(({ ageMs }) => ageMs > maxAgeMs)
      .map(({ plugin, what, ageMs }) => ({
        plugin,
        reason: `${plugin}: nothing heard of ${what} for ${seconds(ageMs)}`,
      }))
  }

  /** A line for each thing that a plugin follows, if details are asked for. */
  details(): string[] {
    if (!this.#demands.details) return []
    return this.#allFollowed().map(({ plugin, what, version, ageMs }) => {
      return `${plugin}: ${what} at version ${version || 'unknown'}, last heard of ${seconds(ageMs)} ago`
    })
  }

  #allFollowed(): (Followed & { readonly plugin: string })[] {
    return this.#plugins.followed().flatMap(({ plugin, followed }) => followed().map(each => ({ plugin, ...each })))
  }

  #isReady(plugin: Readiness): boolean {
    if (this.#done.has(plugin)) return true
    const ready = plugin.ready()
    if (ready && this.#demands.monitor === 'until-ready') this.#done.add(plugin)
    return ready
  }
}

/** How the ready plugins of different blocks find each other: one endpoint speaks for all of them. */
export const blockReadiness: Capability<BlockReadiness> = defineCapability<BlockReadiness>('block readiness')

function seconds(ms: number): string {
  return formatDuration(Math.floor(ms / 1000) * 1000)
}
