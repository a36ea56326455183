import type { Argument } from '#corefile/argument.ts'
import type { Line } from '#corefile/directive.ts'
import type { FoldedName } from '#wire/name.ts'
import { isSubdomain, ROOT } from '#wire/name.ts'

/** The longest of `zones` that `name` is or lies below, or `null`. */
export function matchZone(zones: readonly FoldedName[], name: FoldedName): FoldedName | null {
  let best: FoldedName | null = null
  for (const zone of zones) {
    if ((best === null || zone.length > best.length) && isSubdomain(name, zone)) best = zone
  }
  return best
}

/** For which names a plugin passes on what it does not know; `null` is for none (option `fallthrough`). */
export type Fallthrough = readonly FoldedName[] | null

/** `fallthrough` without zones: everything. */
export const EVERYTHING: readonly FoldedName[] = [ROOT]

/** Whether a miss for `name` goes to the next plugin. */
export function fallsThrough(fallthrough: Fallthrough, name: FoldedName): boolean {
  return fallthrough !== null && matchZone(fallthrough, name) !== null
}

/** Reads the option `fallthrough [ZONES...]`. */
export function readFallthrough(line: Line): readonly FoldedName[] {
  const zones = readZones(line.rest())
  return zones.length > 0 ? zones : EVERYTHING
}

/** The zones named by arguments (a CIDR stands for its reverse zones), or `otherwise` when there is no argument. */
export function readZones(args: readonly Argument[], otherwise: readonly FoldedName[] = []): readonly FoldedName[] {
  return args.length > 0 ? args.flatMap(argument => argument.zones()) : otherwise
}
