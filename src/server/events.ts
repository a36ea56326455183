import { pluginLogger } from '#plugin/log.ts'
import type { MetricRegistry } from '#plugin/metrics.ts'
import { uncompressedOctets } from '#plugin/reply-size.ts'
import { DROPPED_ZONE, RequestMetrics } from '#plugin/request-metrics.ts'
import type { PlannedBlock } from '#server/plan.ts'
import type { ServerEvents } from '#server/server.ts'

/** Counts and logs what happens in a server outside of the chains, one recorder for each label. */
export function eventRecorder(
  metrics: MetricRegistry,
): (label: string, blocks: readonly PlannedBlock[]) => ServerEvents {
  const panics = metrics.counter({ name: 'coredns_panics_total', help: 'Panics that were caught.' }).labels()
  const rejected = metrics.counter({
    name: 'nodens_messages_rejected_total',
    help: 'Messages that were dropped or answered by their header alone, before any plugin saw them.',
    labels: ['server', 'reason'],
  })
  const requests = new RequestMetrics(metrics)
  const log = pluginLogger('server')
  return (label, blocks) => {
    const stacktrace = blocks.some(block => block.settings.stacktrace || block.settings.debug)
    const slots = new Map(['dropped', 'opcode', 'format'].map(reason => [reason, rejected.labels(label, reason)]))
    return {
      rejected: reason => slots.get(reason)?.inc(),
      unrouted(query, reply) {
        requests.record(query, reply, DROPPED_ZONE, uncompressedOctets(query, reply), 0)
      },
      panic(error) {
        panics.inc()
        const stack = stacktrace && error instanceof Error ? `\n${error.stack}` : ''
        log.plain(`[ERROR] Recovered from panic in server: "${label}" ${String(error)}${stack}`)
      },
    }
  }
}
