import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { DependsOn } from '#plugin/reuse.ts'

interface BufsizeOptions {
  readonly octets: number
}

/** What fits into one packet on nearly every path (RFC 9715). */
const DEFAULT_OCTETS = 1232
const MIN_OCTETS = 512
const MAX_OCTETS = 4096

/** Lowers the size of UDP replies that askers say they can take, so that replies are not fragmented. */
export const bufsize: AnyPlugin = definePlugin<BufsizeOptions>({
  name: 'bufsize',
  once: false,
  dependsOn: () => DependsOn.QUESTION,
  parse(directive) {
    const size = directive.optional()
    directive.noBlock()
    if (size === undefined) return Object.freeze({ octets: DEFAULT_OCTETS })
    const octets = size.int({ min: Number.MIN_SAFE_INTEGER })
    if (octets < MIN_OCTETS || octets > MAX_OCTETS) {
      size.fail(`buffer size must be within ${MIN_OCTETS} - ${MAX_OCTETS}: ${octets}`)
    }
    return Object.freeze({ octets })
  },
  build: ({ octets }, next) =>
    function bufsize(query) {
      if (query.hasEdns && query.udpSizeOctets > octets) query.udpSizeOctets = octets
      return next(query)
    },
})
