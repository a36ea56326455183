import type { Directive } from '#corefile/directive.ts'
import type { BlockSettings, PluginEnv } from '#plugin/env.ts'
import type { Handler } from '#plugin/handler.ts'
import type { DependsOn } from '#plugin/reuse.ts'

/** A plugin: its name in a Corefile and its three verbs. */
export interface PluginDefinition<Options> {
  /** As CoreDNS spells it. */
  readonly name: string
  /** Whether a second occurrence in one server block is an error. */
  readonly once: boolean
  /**
   * Reads one occurrence of the directive into frozen options. No file, socket or clock is touched: `nodens check` runs
   * this. For a plugin that may occur several times, `previous` holds what the occurrences before it came to.
   */
  parse(directive: Directive, block: Readonly<BlockSettings>, previous: Options | undefined): Options
  /** Changes settings of the server block. Runs for all plugins before the first is built. */
  configure?(options: Options, block: BlockSettings): void
  /**
   * What the plugin's part in a reply depends on. Absent, it is taken to depend on more than the question, and the packet
   * cache is not used for server blocks with this plugin.
   */
  dependsOn?(options: Options): DependsOn
  /**
   * Makes the handler, specialised for the options, that passes on to `next` what it does not answer. Opens things only
   * through hooks of `env`. Absent for a plugin that only configures; returns `null` when only its hooks matter.
   */
  build?(options: Options, next: Handler, env: PluginEnv): Handler | null
}

/** A plugin whose options' type is known only to itself. */
export type AnyPlugin = PluginDefinition<unknown>

/** Declares a plugin; list it in plugins/order.ts. */
export function definePlugin<Options>(definition: PluginDefinition<Options>): AnyPlugin {
  return Object.freeze(definition) as AnyPlugin
}
