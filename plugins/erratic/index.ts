import { readiness } from '#plugin/capability.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { DROPPED } from '#plugin/reply.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { searchPaths } from '#plugin/search-path.ts'
import { erraticReply } from '#plugins/erratic/answer.ts'
import type { ErraticOptions } from '#plugins/erratic/options.ts'
import { parseErraticOptions } from '#plugins/erratic/options.ts'
import { name } from '#wire/name.ts'

const SEARCH_PATH = [name('a.example.org'), name('b.example.org')]

/** Serves badly on purpose, for tests of clients: drops, delays and truncates replies. The end of a chain. */
export const erratic: AnyPlugin = definePlugin<ErraticOptions>({
  name: 'erratic',
  once: false,
  dependsOn: () => DependsOn.QUESTION,
  parse: parseErraticOptions,
  build({ dropEvery, delayEvery, delayMs, truncateEvery, large }, _next, env) {
    let queries = 0
    if (env.threads.serves) env.provide(readiness, { plugin: 'erratic', ready: () => queries === 3 || queries === 4 })
    env.provide(searchPaths, {
      plugin: 'erratic',
      byClient: () => SEARCH_PATH,
      byName: null,
      addsDomainsOfMachine: false,
    })
    const isTurn = (number: number, every: number) => every > 0 && number % every === 0
    return function erratic(query) {
      const number = queries++
      if (isTurn(number, dropEvery)) return DROPPED
      const answer = erraticReply(query, isTurn(number, truncateEvery), large)
      if (!isTurn(number, delayEvery)) return answer
      return new Promise(resolve => setTimeout(resolve, delayMs, answer))
    }
  },
})
