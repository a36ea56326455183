import type { TransferRule } from '#plugins/transfer/options.ts'
import type { FoldedName } from '#wire/name.ts'
import { isSubdomain } from '#wire/name.ts'

/** The rule with the longest zone that the name is or lies below; the first one of equals. */
export function ruleFor(rules: readonly TransferRule[], name: FoldedName): TransferRule | null {
  let best: TransferRule | null = null
  let length = 0
  for (const rule of rules) {
    for (const zone of rule.zones) {
      if (zone.length <= length || !isSubdomain(name, zone)) continue
      best = rule
      length = zone.length
    }
  }
  return best
}
