import type { Directive, Line } from '#corefile/directive.ts'
import type { Cidr } from '#lib/cidr.ts'
import { parseCidr } from '#lib/cidr.ts'
import { parseDurationMs } from '#lib/duration.ts'

/** The directive `loadbalance`. */
export interface LoadbalanceOptions {
  /** The file of the policy `weighted`; `null` for `round_robin`. */
  readonly weightFile: string | null
  /** How often the weight file is looked at, in milliseconds; 0 is never again. */
  readonly reloadMs: number
  /** Addresses in these come first, in this order. */
  readonly prefer: readonly Cidr[]
}

/** Reads `loadbalance [round_robin | weighted FILE] { ... }`. */
export function parseLoadbalanceOptions(directive: Directive): LoadbalanceOptions {
  const policy = directive.optional()
  const isWeighted = policy?.text === 'weighted'
  if (policy !== undefined && !isWeighted && policy.text !== 'round_robin') {
    policy.fail(`unknown policy: ${policy.text}`, 'one of round_robin, weighted')
  }
  const file = isWeighted ? directive.optional() : undefined
  if (isWeighted && file === undefined) directive.fail('missing weight file argument')
  const prefer: Cidr[] = []
  const read = directive.block({
    reload: line => (isWeighted ? readReloadMs(line) : line.fail('reload goes with the policy weighted')),
    prefer: line => prefer.push(...readCidrs(line)),
  })
  return Object.freeze({ weightFile: file?.text ?? null, reloadMs: read.reload ?? 30_000, prefer })
}

function readReloadMs(line: Line): number {
  const argument = line.one()
  const ms = parseDurationMs(argument.text)
  if (ms === undefined || ms < 0) return argument.fail(`invalid reload duration '${argument.text}'`)
  return ms
}

function readCidrs(line: Line): Cidr[] {
  return line.some().map(argument => {
    const cidr = parseCidr(argument.text)
    return cidr ?? argument.fail(`invalid CIDR "${argument.text}": invalid CIDR address: ${argument.text}`)
  })
}
