import type { Directive } from '#corefile/directive.ts'
import { MAX_TIMER_MS } from '#lib/timer.ts'

const MIN_INTERVAL_MS = 2000
const MIN_JITTER_MS = 1000

/** How often the Corefile is looked at. */
export interface ReloadOptions {
  /** Time between two looks at the Corefile. */
  readonly intervalMs: number
  /** The interval is lengthened or shortened by up to half of this, so that replicas do not reload together. */
  readonly jitterMs: number
}

/** Reads `reload [INTERVAL] [JITTER]`. A jitter of more than half the interval is cut to that. */
export function parseReload(directive: Directive): ReloadOptions {
  const interval = directive.optional()
  const jitter = directive.optional()
  directive.end()
  directive.noBlock()
  const intervalMs = interval?.durationMs({ max: MAX_TIMER_MS / 2 }) ?? 30_000
  if (intervalMs < MIN_INTERVAL_MS) interval?.fail('interval value must be greater or equal to 2s')
  const jitterMs = jitter?.durationMs() ?? 15_000
  if (jitterMs !== 0 && jitterMs < MIN_JITTER_MS) jitter?.fail('jitter value must be 0 or greater or equal to 1s')
  return Object.freeze({ intervalMs, jitterMs: Math.min(jitterMs, intervalMs / 2) })
}
