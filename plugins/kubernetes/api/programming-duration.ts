import type { Clock } from '#lib/clock.ts'
import { printable } from '#lib/printable.ts'
import type { Logger } from '#plugin/log.ts'
import type { Histogram, MetricRegistry } from '#plugin/metrics.ts'
import type { ObjectMetadata } from '#plugins/kubernetes/api/object.ts'
import type { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import { foldLabels, wireLabel } from '#plugins/kubernetes/index/wire-label.ts'

const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'
const SERVICE_NAME_LABEL = 'kubernetes.io/service-name'

/** Measures how long a change of endpoints takes from the cluster to here, as the endpoint controller's annotation tells. */
export class ProgrammingDuration {
  readonly #durations: Histogram
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #log: Logger
  #hasWarned = false

  constructor(metrics: MetricRegistry, cluster: Cluster, clock: Clock, log: Logger) {
    this.#cluster = cluster
    this.#clock = clock
    this.#log = log
    this.#durations = metrics.histogram({
      name: 'coredns_kubernetes_dns_programming_duration_seconds',
      help: 'In-cluster DNS programming latency in seconds.',
      labels: ['service_kind'],
      buckets: Array.from({ length: 20 }, (_, k) => 0.001 * 2 ** k),
    })
  }

  /** Takes what is known of an EndpointSlice whose change has just taken effect here. */
  observe({ annotations, labels, namespace: namespaceText }: ObjectMetadata): void {
    const text = annotations?.[TRIGGER_TIME]
    if (text === undefined) return
    const atMs = Date.parse(text)
    if (Number.isNaN(atMs)) {
      this.#warn(text)
      return
    }
    const name = wireLabel(labels?.[SERVICE_NAME_LABEL] ?? '')
    const namespace = wireLabel(namespaceText ?? '')
    if (name === null || namespace === null) return
    const service = this.#cluster.service(foldLabels(name + namespace))
    if (service === undefined) return
    const kind = service.state?.kind === 'headless' ? 'headless_with_selector' : 'cluster_ip'
    this.#durations.labels(kind).observe(Math.max(0, this.#clock.wallMs() - atMs) / 1000)
  }

  /** Once is enough: a controller that writes such times writes many. */
  #warn(text: string): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#log.warning(`the annotation ${TRIGGER_TIME} is no time: '${printable(text, 100)}'`)
  }
}
