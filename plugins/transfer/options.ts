import { isIP } from 'node:net'
import type { Argument } from '#corefile/argument.ts'
import type { Directive, Line } from '#corefile/directive.ts'
import type { UpstreamAddress } from '#net/upstream/address.ts'
import { splitHostPort, upstreamAddress } from '#net/upstream/address.ts'
import type { BlockSettings } from '#plugin/env.ts'
import { readZones } from '#plugin/zones.ts'
import type { FoldedName } from '#wire/name.ts'

const DNS_PORT = 53

/** Who may have some zones. */
export interface TransferRule {
  readonly zones: readonly FoldedName[]
  /** Whether anybody may (`to *`). */
  readonly toAll: boolean
  /** Those who may, and are told of changes. */
  readonly to: readonly UpstreamAddress[]
  /** The address that notifications are sent from; `null` for the system's choice. */
  readonly source: string | null
}

/** Reads `transfer [ZONE...] { to ADDRESS|*...  source IP }`. */
export function parseTransfer(directive: Directive, block: Readonly<BlockSettings>): TransferRule {
  const zones = readZones(directive.rest(), block.zones)
  const to: UpstreamAddress[] = []
  let toAll = false
  const isWritten = directive.lines?.some(line => line.name.text === 'to') ?? false
  const { source } = directive.block({
    to: (line: Line) => {
      for (const argument of line.some()) {
        if (argument.text === '*') toAll = true
        else to.push(readAddress(argument))
      }
    },
    source: (line: Line) => line.one().ip(),
  })
  if (!isWritten) directive.fail("'to' is required", directive.name, 'to ADDRESS, or to * for everybody')
  const family = source === undefined ? 0 : isIP(source)
  if (family !== 0 && to.some(address => address.family !== family)) {
    directive.fail(`nothing can be sent from '${source}' to an address of the other family`)
  }
  return Object.freeze({ zones, toAll, to, source: source ?? null })
}

function readAddress(argument: Argument): UpstreamAddress {
  const split = splitHostPort(argument.text, DNS_PORT)
  const address = split === null ? null : upstreamAddress(split.host, split.port)
  return address ?? argument.fail(`not an IP address: "${argument.text}"`)
}
