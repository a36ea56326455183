import { MAX_NAME_OCTETS } from '#wire/constants.ts'
import type { Name } from '#wire/name.ts'

/** Wire labels before a zone's name; `null` when that is longer than a name may be. */
export function join(labels: string, zone: Name): Name | null {
  return labels.length + zone.length <= MAX_NAME_OCTETS ? ((labels + zone) as Name) : null
}
