import type { Directive, Line } from '#corefile/directive.ts'
import { readHttpAddress } from '#plugin/http-address.ts'

/** Whether a plugin is asked again once it was ready. */
export const MONITORS = ['until-ready', 'continuously'] as const
/** One of {@link MONITORS}. */
export type Monitor = (typeof MONITORS)[number]

/** What is asked of the plugins of a server block. */
export interface Demands {
  readonly monitor: Monitor
  /** How long nothing may have been heard of what a plugin follows, in milliseconds; infinite for no limit. */
  readonly maxAgeMs: number
  /** Whether the answer tells what the plugins follow, and how up to date it is. */
  readonly details: boolean
}

/** Where `/ready` is answered, and what is asked. */
export interface ReadyOptions extends Demands {
  /** `host:port`, the host empty for all addresses. */
  readonly address: string
}

/** Below it, a limit is sure to be a mistake. */
const MIN_AGE_MS = 1000

/** Reads `ready [ADDRESS] { monitor until-ready|continuously; max_age DURATION; details }`. */
export function parseReady(directive: Directive): ReadyOptions {
  const argument = directive.optional()
  const address = argument === undefined ? ':8181' : readHttpAddress(argument)
  const read = directive.block({
    monitor: readMonitor,
    max_age: (line: Line) => line.one().durationMs({ min: MIN_AGE_MS }),
    details: (line: Line) => line.flag(),
  })
  return Object.freeze({
    address,
    monitor: read.monitor ?? 'until-ready',
    maxAgeMs: read.max_age ?? Number.POSITIVE_INFINITY,
    details: read.details ?? false,
  })
}

function readMonitor(line: Line): Monitor {
  const argument = line.one()
  const monitor = MONITORS.find(candidate => candidate === argument.text)
  return monitor ?? argument.fail(`monitor type '${argument.text}' not supported`, `one of ${MONITORS.join(', ')}`)
}
