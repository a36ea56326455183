import type { HistogramSlot, MetricRegistry, Slot } from '#plugin/metrics.ts'
import { SLIM_TIME_BUCKETS } from '#plugin/metrics.ts'

/** Where the results of the requests of the server to itself are counted. */
export interface HealthMetrics {
  /** In seconds. */
  readonly duration: HistogramSlot
  readonly failures: Slot
}

/** The metrics of the health plugin's requests to itself. */
export function healthMetrics(registry: MetricRegistry): HealthMetrics {
  return {
    duration: registry
      .histogram({
        name: 'coredns_health_request_duration_seconds',
        help: 'Time that requests of the server to its own health endpoint take, in seconds.',
        buckets: SLIM_TIME_BUCKETS,
      })
      .labels(),
    failures: registry
      .counter({
        name: 'coredns_health_request_failures_total',
        help: 'Requests of the server to its own health endpoint that failed.',
      })
      .labels(),
  }
}
