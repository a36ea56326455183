import { VERSION } from '#lib/version.ts'
import type { MetricRegistry } from '#plugin/metrics.ts'

/** Exports what is running: `goversion` carries the version of Node, and `revision` is empty. */
export function buildInfo(registry: MetricRegistry): void {
  registry
    .gauge({
      name: 'coredns_build_info',
      help: 'Version and Node version of the running server; the value is always 1.',
      labels: ['version', 'revision', 'goversion'],
    })
    .labels(VERSION, '', `node${process.versions.node}`)
    .set(1)
}
