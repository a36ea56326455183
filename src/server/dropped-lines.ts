import { onDroppedLines } from '#lib/output.ts'
import type { MetricRegistry } from '#plugin/metrics.ts'

/** Counts, from now on, the lines of this thread that standard output did not take. */
export function countDroppedLines(metrics: MetricRegistry): void {
  const dropped = metrics
    .counter({
      name: 'nodens_log_lines_dropped_total',
      help: 'Log lines that were dropped because standard output did not take them in time.',
      labels: [],
    })
    .labels()
  onDroppedLines(lines => dropped.inc(lines))
}
