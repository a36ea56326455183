import type { HttpAnswer, HttpClaim } from '#lib/http.ts'
import { followedSources, readiness } from '#plugin/capability.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { HTTP_OK } from '#plugin/http-address.ts'
import { BlockReadiness, blockReadiness } from '#plugins/ready/block-readiness.ts'
import type { ReadyOptions } from '#plugins/ready/parse.ts'
import { parseReady } from '#plugins/ready/parse.ts'

/** Answers `/ready` with 200 once all plugins can do their work, in all server blocks that use it. */
export const ready: AnyPlugin = definePlugin<ReadyOptions>({
  name: 'ready',
  once: true,
  parse: parseReady,
  build({ address, ...demands }, _next, env) {
    const plugins = { readiness: () => env.offers(readiness), followed: () => env.offers(followedSources) }
    const own = new BlockReadiness(plugins, demands)
    env.provide(blockReadiness, own)

    function answer(): HttpAnswer {
      const blocks = env.offersOfAllBlocks(blockReadiness)
      if (blocks.some(block => block.shuttingDown)) return { status: 503, body: 'Shutting down' }
      const outOfDate = blocks.flatMap(block => block.outOfDate())
      const names = [...blocks.flatMap(block => block.notReady()), ...outOfDate.map(({ plugin }) => plugin)]
      const waiting = unique(names).sort().join(',')
      const reasons = unique(outOfDate.map(({ reason }) => reason))
      const { status, body } = waiting === '' ? HTTP_OK : { status: 503, body: waiting }
      if (waiting !== '') env.log.info(`Plugins not ready: "${waiting}"`)
      for (const reason of reasons) env.log.info(reason)
      return { status, body: [body, ...reasons, ...unique(blocks.flatMap(block => block.details()))].join('\n') }
    }

    let claim: HttpClaim | null = null
    env.onStartup(async () => {
      if (!env.threads.isControl) return
      claim = await env.http.claim(address, '/ready', answer)
    })
    env.onFinalShutdown(() => {
      own.shuttingDown = true
    })
    env.onShutdown(async () => {
      await claim?.release()
    })
    return null
  },
})

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
