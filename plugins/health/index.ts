import { formatDuration } from '#lib/duration.ts'
import type { HttpClaim } from '#lib/http.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { HTTP_OK } from '#plugin/http-address.ts'
import { healthMetrics } from '#plugins/health/metrics.ts'
import type { HealthOptions } from '#plugins/health/parse.ts'
import { parseHealth } from '#plugins/health/parse.ts'
import { SelfProbe } from '#plugins/health/self-probe.ts'

/** Answers `/health` as long as the process lives, and keeps serving for a while when it is told to end. */
export const health: AnyPlugin = definePlugin<HealthOptions>({
  name: 'health',
  once: false,
  parse: parseHealth,
  build({ address, lameduckMs }, _next, env) {
    const metrics = healthMetrics(env.metrics)
    let claim: HttpClaim | null = null
    let probe: SelfProbe | null = null
    env.onStartup(async () => {
      if (!env.threads.isControl) return
      claim = await env.http.claim(address, '/health', () => HTTP_OK)
      probe = new SelfProbe(claim.address, address, metrics, env.log)
    })
    env.onFinalShutdown(async () => {
      if (lameduckMs <= 0) return
      env.log.info(`Going into lameduck mode for ${formatDuration(lameduckMs)}`)
      await new Promise(resolve => setTimeout(resolve, lameduckMs))
    })
    env.onShutdown(async () => {
      probe?.stop()
      await claim?.release()
    })
    return null
  },
})
