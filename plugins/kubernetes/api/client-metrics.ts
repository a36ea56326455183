import type { Counter, Histogram, MetricRegistry } from '#plugin/metrics.ts'
import type { RequestObserver } from '#plugins/kubernetes/api/client.ts'

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Counts requests to the API server as client-go does. */
export class ClientMetrics implements RequestObserver {
  readonly #requests: Counter
  readonly #durations: Histogram
  readonly #waits: Histogram

  constructor(metrics: MetricRegistry) {
    this.#requests = metrics.counter({
      name: 'coredns_kubernetes_rest_client_requests_total',
      help: 'Number of HTTP requests to the Kubernetes API, partitioned by status code, method, and host.',
      labels: ['code', 'method', 'host'],
    })
    this.#durations = metrics.histogram({
      name: 'coredns_kubernetes_rest_client_request_duration_seconds',
      help: 'Time until the Kubernetes API answers a request. Broken down by verb and host.',
      labels: ['verb', 'host'],
      buckets: BUCKETS,
    })
    this.#waits = metrics.histogram({
      name: 'coredns_kubernetes_rest_client_rate_limiter_duration_seconds',
      help: 'Time that a request to the Kubernetes API waits for its own limits. Broken down by verb and host.',
      labels: ['verb', 'host'],
      buckets: BUCKETS,
    })
  }

  waited(host: string, ms: number): void {
    this.#waits.labels('GET', host).observe(ms / 1000)
  }

  answered(host: string, code: string, ms: number): void {
    this.#requests.labels(code, 'GET', host).inc()
    this.#durations.labels('GET', host).observe(ms / 1000)
  }
}
