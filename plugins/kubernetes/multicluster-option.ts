import type { Argument } from '#corefile/argument.ts'
import type { Line } from '#corefile/directive.ts'
import { isReverseZone } from '#plugins/kubernetes/lookup/reverse-address.ts'
import type { FoldedName } from '#wire/name.ts'
import { formatName } from '#wire/name.ts'

/** Reads `multicluster ZONE...`, in a directive that answers for `zones`. */
export function readMulticluster(line: Line, zones: readonly FoldedName[]): readonly FoldedName[] {
  return line.some().flatMap(argument => argument.zones().map(zone => checkZone(argument, zone, zones)))
}

function checkZone(argument: Argument, zone: FoldedName, zones: readonly FoldedName[]): FoldedName {
  const name = formatName(zone)
  if (!zones.includes(zone)) {
    const all = zones.map(each => formatName(each)).join(' ')
    argument.fail(
      `is not authoritative for the multicluster zone ${name} (authoritative zones: [${all}])`,
      `write '${argument.text}' among the zones after 'kubernetes' too`,
    )
  }
  if (!isReverseZone(zone)) return zone
  return argument.fail(
    `the multicluster zone ${name} holds reverse names, which imported services have not`,
    'remove it',
  )
}
