import type { Listening } from '#server/runtime.ts'
import { formatName } from '#wire/name.ts'

/** What a start prints for each address: a line for each zone, sorted, and a warning for names that hosts cannot have. */
export function startupLines(listening: readonly Listening[]): string[] {
  return listening.flatMap(({ group, port }) => {
    const zones = [...new Set(group.members.map(({ key }) => formatName(key.zone)))].sort()
    return zones.flatMap(zone => {
      const scheme = group.scheme === 'dns' ? '' : `${group.scheme}://`
      const line = `${scheme}${zone}:${port}${group.address === '' ? '' : ` on ${group.address}`}`
      return isPreferredSyntax(zone)
        ? [line]
        : [`Warning: Domain "${zone}" does not follow RFC1035 preferred syntax`, line]
    })
  })
}

/** RFC 1035 section 2.3.1: letters, digits and inner hyphens, each label starting with a letter. Reverse zones are let be. */
function isPreferredSyntax(zone: string): boolean {
  if (zone === '.' || zone.endsWith('.in-addr.arpa.') || zone.endsWith('.ip6.arpa.')) return true
  return zone
    .slice(0, -1)
    .split('.')
    .every(label => /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(label))
}
