import type { HttpClaim } from '#lib/http.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { RequestMetrics } from '#plugin/request-metrics.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { buildInfo } from '#plugins/prometheus/build-info.ts'
import { countReplies, makeHandler } from '#plugins/prometheus/handler.ts'
import type { PrometheusOptions } from '#plugins/prometheus/parse.ts'
import { parsePrometheus } from '#plugins/prometheus/parse.ts'
import { PluginsEnabled } from '#plugins/prometheus/plugins-enabled.ts'
import { exportProcess } from '#plugins/prometheus/process-metrics.ts'
import { exportRuntimeDetails } from '#plugins/prometheus/runtime-details.ts'
import { exportRuntime } from '#plugins/prometheus/runtime-metrics.ts'

/** Exports metrics to Prometheus, among them those of every query that the block serves. */
export const prometheus: AnyPlugin = definePlugin<PrometheusOptions>({
  name: 'prometheus',
  once: true,
  dependsOn: () => DependsOn.QUESTION,
  parse: parsePrometheus,
  build({ address, runtimeMetrics }, next, env) {
    buildInfo(env.metrics)
    const enabled = new PluginsEnabled(env.metrics, env.block)
    let claim: HttpClaim | null = null
    env.onStartup(async () => {
      exportRuntime(env.metrics)
      if (runtimeMetrics) exportRuntimeDetails(env.metrics)
      if (!env.threads.isControl) return
      exportProcess(env.metrics)
      try {
        claim = await env.http.claim(address, '/metrics', async () => ({
          status: 200,
          body: await env.metrics.exposeAll(),
          contentType: 'text/plain; version=0.0.4; charset=utf-8',
        }))
      } catch (error) {
        env.log.error(`Failed to start metrics handler: ${(error as Error).message}`)
        throw error
      }
    })
    env.onServing(() => enabled.show())
    env.onShutdown(async () => {
      enabled.hide()
      await claim?.release()
    })
    const observer = countReplies(new RequestMetrics(env.metrics))
    env.observe(observer)
    return makeHandler(observer, next, env.clock)
  },
})
