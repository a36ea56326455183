import type { Capability } from '#plugin/capability.ts'
import { defineCapability } from '#plugin/capability.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { reloadMetrics } from '#plugins/reload/metrics.ts'
import type { ReloadOptions } from '#plugins/reload/parse.ts'
import { parseReload } from '#plugins/reload/parse.ts'
import { Watcher } from '#plugins/reload/watcher.ts'

/** The options of every block that uses reload: the process polls once, for the last of them. */
const reloadOptions: Capability<ReloadOptions> = defineCapability<ReloadOptions>('reload options')

/** Looks for changes of the Corefile from time to time, and has them take effect. */
export const reload: AnyPlugin = definePlugin<ReloadOptions>({
  name: 'reload',
  once: false,
  // As in CoreDNS the first of several in a block counts.
  parse: (directive, _block, previous) => previous ?? parseReload(directive),
  build(options, _next, env) {
    const watcher = new Watcher(options, env.control, reloadMetrics(env.metrics), env.log)
    env.provide(reloadOptions, options)
    env.onServing(() => {
      if (env.threads.isControl && env.offersOfAllBlocks(reloadOptions).at(-1) === options) watcher.start()
    })
    env.onShutdown(() => watcher.stop())
    return null
  },
})
