import type { Ignored, UpstreamObserver } from '#net/upstream/observer.ts'
import type { HistogramSlot, MetricRegistry, Slot } from '#plugin/metrics.ts'
import { TIME_BUCKETS } from '#plugin/metrics.ts'
import { rcodeLabel } from '#plugin/rcode-label.ts'

const PROXY = 'forward'

/** What the plugin counts as a whole. */
export interface ForwardMetrics {
  readonly healthcheckBroken: Slot
  readonly maxConcurrentRejects: Slot
  /** Queries answered by the exchange of another query with the same question. */
  readonly coalesced: Slot
  /** Records left out of answers because they did not belong to the question. */
  readonly strippedRecords: Slot
}

/** The plugin's own series. */
export function forwardMetrics(metrics: MetricRegistry): ForwardMetrics {
  return {
    healthcheckBroken: metrics
      .counter({
        name: 'coredns_forward_healthcheck_broken_total',
        help: 'Counter of the number of times all upstreams were unhealthy.',
      })
      .labels(),
    maxConcurrentRejects: metrics
      .counter({
        name: 'coredns_forward_max_concurrent_rejects_total',
        help: 'Counter of queries refused because max_concurrent queries were under way.',
      })
      .labels(),
    coalesced: metrics
      .counter({
        name: 'nodens_forward_coalesced_queries_total',
        help: 'Counter of queries that shared the upstream exchange of an identical query.',
      })
      .labels(),
    strippedRecords: metrics
      .counter({
        name: 'nodens_forward_stripped_records_total',
        help: 'Counter of answer records left out because they were not on the chain from the question.',
      })
      .labels(),
  }
}

/** Counts what happens between us and one upstream. */
export function upstreamObserver(metrics: MetricRegistry, to: string): UpstreamObserver {
  const duration = metrics.histogram({
    name: 'coredns_proxy_request_duration_seconds',
    help: 'Histogram of the time each request to an upstream took.',
    labels: ['proxy_name', 'to', 'rcode'],
    buckets: TIME_BUCKETS,
  })
  const sockets = (kind: 'hits' | 'misses', help: string) => {
    const labels = ['proxy_name', 'to', 'proto']
    const family = metrics.counter({ name: `coredns_proxy_conn_cache_${kind}_total`, help, labels })
    return { udp: family.labels(PROXY, to, 'udp'), tcp: family.labels(PROXY, to, 'tcp') }
  }
  const hits = sockets('hits', 'Counter of connections to upstreams that were used again.')
  const misses = sockets('misses', 'Counter of sockets to upstreams that were newly opened.')
  const ignored = metrics.counter({
    name: 'nodens_proxy_ignored_replies_total',
    help: 'Counter of messages from upstreams that were not the reply waited for.',
    labels: ['proxy_name', 'to', 'reason'],
  })
  const ignoredSlots: Record<Ignored, Slot> = {
    malformed: ignored.labels(PROXY, to, 'malformed'),
    wrong_id: ignored.labels(PROXY, to, 'wrong_id'),
    wrong_question: ignored.labels(PROXY, to, 'wrong_question'),
    oversize: ignored.labels(PROXY, to, 'oversize'),
  }
  const failures = metrics
    .counter({
      name: 'coredns_proxy_healthcheck_failures_total',
      help: 'Counter of health checks that an upstream failed.',
      labels: ['proxy_name', 'to'],
    })
    .labels(PROXY, to)
  const durations: (HistogramSlot | undefined)[] = []
  return {
    answered: (rcode, seconds) => {
      durations[rcode] ??= duration.labels(PROXY, to, rcodeLabel(rcode))
      durations[rcode].observe(seconds)
    },
    ignored: reason => ignoredSlots[reason].inc(),
    socket: (protocol, hit) => (hit ? hits : misses)[protocol].inc(),
    probeFailed: () => failures.inc(),
  }
}
