import { readdirSync, readFileSync } from 'node:fs'
import type { MetricRegistry } from '#plugin/metrics.ts'

const registries = new WeakSet<MetricRegistry>()

/**
 * Exports the metrics that Prometheus clients have for every process (`process_*`), read anew for each exposition. Those
 * that only Linux tells are absent elsewhere. Only the first call for a registry has an effect.
 */
export function exportProcess(registry: MetricRegistry): void {
  if (registries.has(registry)) return
  registries.add(registry)
  const cpu = registry
    .counter({ name: 'process_cpu_seconds_total', help: 'Time the process spent on a CPU, in seconds.' })
    .labels()
  const resident = gauge(registry, 'process_resident_memory_bytes', 'Memory of the process that is in RAM, in bytes.')
  const start = gauge(registry, 'process_start_time_seconds', 'Start of the process, in seconds since 1970.')
  start.set(Math.round(Date.now() - process.uptime() * 1000) / 1000)
  const linux = process.platform === 'linux' ? linuxMetrics(registry) : () => {}
  registry.onCollect(() => {
    const { user, system } = process.cpuUsage()
    cpu.set((user + system) / 1e6)
    resident.set(process.memoryUsage.rss())
    linux()
  })
}

/** The metrics that come from /proc, and what reads them. */
function linuxMetrics(registry: MetricRegistry): () => void {
  const virtual = gauge(registry, 'process_virtual_memory_bytes', 'Virtual memory of the process, in bytes.')
  const open = gauge(registry, 'process_open_fds', 'Open file descriptors.')
  const limit = gauge(registry, 'process_max_fds', 'Most file descriptors that the process may open.')
  return () => {
    try {
      const size = /^VmSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))
      if (size !== null) virtual.set(Number(size[1]) * 1024)
      const most = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
      limit.set(most === null ? Number.POSITIVE_INFINITY : Number(most[1]))
      // The directory that is being read is itself one of them.
      open.set(readdirSync('/proc/self/fd').length - 1)
    } catch {
      // No /proc, or no descriptor left to read it with: the values of the last exposition stand.
    }
  }
}

function gauge(registry: MetricRegistry, name: string, help: string) {
  return registry.gauge({ name, help }).labels()
}
