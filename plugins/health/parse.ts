import type { Directive } from '#corefile/directive.ts'
import { MAX_TIMER_MS } from '#lib/timer.ts'
import { readHttpAddress } from '#plugin/http-address.ts'

/** Where `/health` is answered, and how the process ends. */
export interface HealthOptions {
  /** `host:port`, the host empty for all addresses. */
  readonly address: string
  /** How long queries are still served after the process was told to end, in milliseconds. */
  readonly lameduckMs: number
}

/** Reads `health [ADDRESS] { lameduck DURATION }`. */
export function parseHealth(directive: Directive): HealthOptions {
  const argument = directive.optional()
  const address = argument === undefined ? ':8080' : readHttpAddress(argument)
  const { lameduck = 0 } = directive.block({ lameduck: line => line.one().durationMs({ max: MAX_TIMER_MS }) })
  return Object.freeze({ address, lameduckMs: lameduck })
}
