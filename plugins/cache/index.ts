import { answerCache } from '#plugin/capability.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { Cache } from '#plugins/cache/handler.ts'
import { Keeper } from '#plugins/cache/keeper.ts'
import { CacheMetrics } from '#plugins/cache/metrics.ts'
import type { CacheOptions } from '#plugins/cache/options.ts'
import { parseCacheOptions } from '#plugins/cache/options.ts'
import { Refresher } from '#plugins/cache/refresher.ts'
import { Stores } from '#plugins/cache/stores.ts'
import { formatName } from '#wire/name.ts'

/** Keeps replies and answers from them until their time to live is over. */
export const cache: AnyPlugin = definePlugin<CacheOptions>({
  name: 'cache',
  once: true,
  dependsOn: () => DependsOn.QUESTION,
  parse: parseCacheOptions,
  build(options, next, env) {
    const metrics = new CacheMetrics(env.metrics, options.zones.map(formatName).join(','))
    const { clock } = env
    const stores = new Stores(options, env.epochs)
    const keeper = new Keeper(options, stores, clock)
    const refresher = new Refresher(keeper, next, clock, env.log)
    const answers = new Cache(options, { stores, keeper, refresher, metrics, clock, next })
    env.provide(answerCache, stores)
    const stopCollecting = env.metrics.onCollect(() => metrics.setEntries(stores.success.size, stores.denial.size))
    env.onShutdown(() => {
      stopCollecting()
      metrics.setEntries(0, 0)
    })
    return function cache(query) {
      return answers.answer(query)
    }
  },
})
