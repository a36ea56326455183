import type { HttpAnswer, HttpClaim } from '#lib/http.ts'
import { readiness } from '#plugin/capability.ts'
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
  build({ address, monitor }, _next, env) {
    const own = new BlockReadiness(() => env.offers(readiness), monitor)
    env.provide(blockReadiness, own)

    function answer(): HttpAnswer {
      const blocks = env.offersOfAllBlocks(blockReadiness)
      if (blocks.some(block => block.shuttingDown)) return { status: 503, body: 'Shutting down' }
      const waiting = [...new Set(blocks.flatMap(block => block.notReady()))].sort().join(',')
      if (waiting === '') return HTTP_OK
      env.log.info(`Plugins not ready: "${waiting}"`)
      return { status: 503, body: waiting }
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
