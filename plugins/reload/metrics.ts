import type { Gauge, MetricRegistry, Slot } from '#plugin/metrics.ts'

/** Where failed reloads are counted, and the running version is shown. */
export interface ReloadMetrics {
  readonly failed: Slot
  readonly versionInfo: Gauge
}

/** The metrics of the reload plugin. */
export function reloadMetrics(registry: MetricRegistry): ReloadMetrics {
  return {
    failed: registry
      .counter({ name: 'coredns_reload_failed_total', help: 'Changed configurations that could not be put in force.' })
      .labels(),
    versionInfo: registry.gauge({
      name: 'coredns_reload_version_info',
      help: 'Hash of the running configuration; the value is always 1.',
      labels: ['hash', 'value'],
    }),
  }
}

/** Makes `hash` (SHA-512 in hex) the only version that is exported. */
export function showVersion({ versionInfo }: ReloadMetrics, hash: string): void {
  for (const { labels } of [...versionInfo.series.values()]) {
    if (labels[1] !== hash) versionInfo.remove(...labels)
  }
  versionInfo.labels('sha512', hash).set(1)
}
