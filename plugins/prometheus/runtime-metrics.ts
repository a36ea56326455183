import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { MetricRegistry, Slot } from '#plugin/metrics.ts'

/** How often the event loop's delay is sampled, in milliseconds. Each sample wakes the server up, for some 0.2 ms when it has nothing else to do. */
const RESOLUTION_MS = 1000

const registries = new WeakSet<MetricRegistry>()

/**
 * Exports what a Node process has beyond others, under the names that Node's usual Prometheus client gives it: how late
 * the event loop is, and its heap. Where several threads serve, heaps are added up, and the delay is that of the latest.
 * Only the first call for a registry has an effect.
 */
export function exportRuntime(registry: MetricRegistry): void {
  if (registries.has(registry)) return
  registries.add(registry)
  exportVersion(registry)
  const lag = lagMetrics(registry)
  const bytes = (name: string, help: string): Slot =>
    registry.gauge({ name: `nodejs_${name}_bytes`, help, merge: 'sum' }).labels()
  const total = bytes('heap_size_total', 'Size of the JavaScript heap, in bytes.')
  const used = bytes('heap_size_used', 'Part of the JavaScript heap that is in use, in bytes.')
  const external = bytes('external_memory', 'Memory of objects outside of the heap, in bytes.')
  registry.onCollect(() => {
    const memory = process.memoryUsage()
    total.set(memory.heapTotal)
    used.set(memory.heapUsed)
    external.set(memory.external)
    lag()
  })
}

function exportVersion(registry: MetricRegistry): void {
  const [major, minor, patch] = process.versions.node.split('.')
  registry
    .gauge({
      name: 'nodejs_version_info',
      help: 'Version of Node; the value is always 1.',
      labels: ['version', 'major', 'minor', 'patch'],
    })
    .labels(process.version, major!, minor!, patch!)
    .set(1)
}

/** The metrics of the event loop's delay since the last exposition, and what sets them. */
function lagMetrics(registry: MetricRegistry): () => void {
  const histogram = sharedDelay()
  const lag = (name: string, what: string): Slot =>
    gauge(registry, `nodejs_eventloop_lag${name}_seconds`, `${what} of the event loop's delay, in seconds.`)
  const min = lag('_min', 'Minimum')
  const max = lag('_max', 'Maximum')
  const mean = lag('_mean', 'Mean')
  const deviation = lag('_stddev', 'Standard deviation')
  const percentiles = [50, 90, 99].map(p => ({ p, slot: lag(`_p${p}`, `${p}th percentile`) }))
  return () => {
    if (histogram.count === 0) return
    min.set(lateness(histogram.min))
    max.set(lateness(histogram.max))
    mean.set(lateness(histogram.mean))
    deviation.set(histogram.stddev / 1e9)
    for (const { p, slot } of percentiles) slot.set(lateness(histogram.percentile(p)))
    histogram.reset()
  }
}

type DelayHistogram = ReturnType<typeof monitorEventLoopDelay>

let delay: DelayHistogram | null = null

/** One for the process, since there is one event loop; it does not keep the process alive. */
function sharedDelay(): DelayHistogram {
  if (delay === null) {
    delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    delay.enable()
  }
  return delay
}

/** How late a sample was: what is recorded is the time since the sample before it, in nanoseconds. */
function lateness(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000)
}

function gauge(registry: MetricRegistry, name: string, help: string): Slot {
  return registry.gauge({ name, help }).labels()
}
