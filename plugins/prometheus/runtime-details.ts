import { constants, PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics } from 'node:v8'
import type { Histogram, MetricRegistry } from '#plugin/metrics.ts'

/** Bucket bounds of garbage collections, in seconds. */
const GC_BUCKETS = [0.001, 0.01, 0.1, 1, 2, 5]

const GC_KINDS: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
])

/** An entry of type `gc`, whose detail the types of Node leave out. */
interface GcEntry {
  readonly detail: { readonly kind: number }
}

const registries = new WeakSet<MetricRegistry>()

/**
 * Exports what option `runtime_metrics` asks for: garbage collections, heap spaces and active resources. There is one
 * runtime, so the first block to ask switches it on for the process. Only the first call for a registry has an effect.
 */
export function exportRuntimeDetails(registry: MetricRegistry): void {
  if (registries.has(registry)) return
  registries.add(registry)
  observeCollections(registry)
  const spaceTotal = registry.gauge({
    name: 'nodejs_heap_space_size_total_bytes',
    help: 'Size of each space of the JavaScript heap, in bytes.',
    labels: ['space'],
    merge: 'sum',
  })
  const spaceUsed = registry.gauge({
    name: 'nodejs_heap_space_size_used_bytes',
    help: 'Part of each space of the JavaScript heap that is in use, in bytes.',
    labels: ['space'],
    merge: 'sum',
  })
  const resources = registry.gauge({
    name: 'nodejs_active_resources',
    help: 'Handles and requests that keep the event loop running, by type.',
    labels: ['type'],
    merge: 'sum',
  })
  registry.onCollect(() => {
    for (const space of getHeapSpaceStatistics()) {
      const name = space.space_name.replace(/_space$/, '')
      spaceTotal.labels(name).set(space.space_size)
      spaceUsed.labels(name).set(space.space_used_size)
    }
    for (const { slot } of resources.series.values()) slot.set(0)
    for (const type of process.getActiveResourcesInfo()) resources.labels(type).inc()
  })
}

function observeCollections(registry: MetricRegistry): void {
  const durations: Histogram = registry.histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Time that garbage collections took, by kind, in seconds.',
    labels: ['kind'],
    buckets: GC_BUCKETS,
  })
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as GcEntry).detail
      durations.labels(GC_KINDS.get(kind) ?? 'other').observe(entry.duration / 1000)
    }
  })
  observer.observe({ entryTypes: ['gc'] })
}
