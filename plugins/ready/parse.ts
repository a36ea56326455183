import type { Directive, Line } from '#corefile/directive.ts'
import { readHttpAddress } from '#plugin/http-address.ts'

/** Whether a plugin is asked again once it was ready. */
export const MONITORS = ['until-ready', 'continuously'] as const
/** One of {@link MONITORS}. */
export type Monitor = (typeof MONITORS)[number]

/** Where `/ready` is answered, and how often plugins are asked. */
export interface ReadyOptions {
  /** `host:port`, the host empty for all addresses. */
  readonly address: string
  readonly monitor: Monitor
}

/** Reads `ready [ADDRESS] { monitor until-ready|continuously }`. */
export function parseReady(directive: Directive): ReadyOptions {
  const argument = directive.optional()
  const address = argument === undefined ? ':8181' : readHttpAddress(argument)
  const { monitor = 'until-ready' } = directive.block({ monitor: readMonitor })
  return Object.freeze({ address, monitor })
}

function readMonitor(line: Line): Monitor {
  const argument = line.one()
  const monitor = MONITORS.find(candidate => candidate === argument.text)
  return monitor ?? argument.fail(`monitor type '${argument.text}' not supported`, `one of ${MONITORS.join(', ')}`)
}
