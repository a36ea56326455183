import { randomBelow } from '#lib/random.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import type { PluginEnv } from '#plugin/env.ts'
import { DependsOn } from '#plugin/reuse.ts'
import type { Policy } from '#plugins/loadbalance/handler.ts'
import { loadbalanceHandler, prefer, roundRobin, weighted } from '#plugins/loadbalance/handler.ts'
import type { LoadbalanceOptions } from '#plugins/loadbalance/options.ts'
import { parseLoadbalanceOptions } from '#plugins/loadbalance/options.ts'
import { WeightFile } from '#plugins/loadbalance/weight-file.ts'

/** Changes the order of addresses in replies, so that clients spread over them. */
export const loadbalance: AnyPlugin = definePlugin<LoadbalanceOptions>({
  name: 'loadbalance',
  once: true,
  dependsOn: ({ weightFile, prefer }) =>
    weightFile === null && prefer.length === 0 ? DependsOn.ORDER : DependsOn.MORE,
  parse: parseLoadbalanceOptions,
  build(options, next, env) {
    const policy =
      options.weightFile === null ? roundRobin(randomBelow) : weightedByFile(options.weightFile, options, env)
    const policies: Policy[] = options.prefer.length === 0 ? [policy] : [policy, prefer(options.prefer)]
    return loadbalanceHandler(policies, next)
  },
})

function weightedByFile(path: string, options: LoadbalanceOptions, env: PluginEnv): Policy {
  const file = new WeightFile(env.resolvePath(path), options.reloadMs, env.log)
  env.onStartup(() => file.start())
  env.onShutdown(() => file.stop())
  return weighted(() => file.weights, randomBelow)
}
