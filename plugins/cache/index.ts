import { answerCache } from '#plugin/capability.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { Cache } from '#plugins/cache/handler.ts'
import { CacheMetrics } from '#plugins/cache/metrics.ts'
import type { CacheOptions } from '#plugins/cache/options.ts'
import { parseCacheOptions } from '#plugins/cache/options.ts'
import { formatName } from '#wire/name.ts'

/** Keeps replies and answers from them until their time to live is over. */
export const cache: AnyPlugin = definePlugin<CacheOptions>({
  name: 'cache',
  once: true,
  dependsOn: () => DependsOn.QUESTION,
  parse: parseCacheOptions,
  build(options, next, env) {
    const metrics = new CacheMetrics(env.metrics, options.zones.map(formatName).join(','))
    const store = new Cache(options, next, env.clock, metrics, env.epochs)
    env.provide(answerCache, store)
    const stopCollecting = env.metrics.onCollect(() => store.collect())
    env.onShutdown(() => {
      stopCollecting()
      metrics.setEntries(0, 0)
    })
    return function cache(query) {
      return store.answer(query)
    }
  },
})
