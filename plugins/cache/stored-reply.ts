import type { Reply } from '#plugin/reply.ts'
import { Type } from '#wire/constants.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { foldName, nameFromOctets } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** What a record costs in memory beside its name and data, about. */
const RECORD_OVERHEAD_OCTETS = 96
/** What an entry costs beside its records, about. */
const ENTRY_OVERHEAD_OCTETS = 256
const NO_NAMES: FoldedName[] = []
const MAX_TARGETS = 16

/** The names that a reply's CNAME records lead to, the first ones of a chain without end. */
export function targetsOf({ answer }: Reply): readonly FoldedName[] {
  let targets: FoldedName[] = NO_NAMES
  for (const { type, rdata } of answer) {
    if (type !== Type.CNAME) continue
    if (targets.length === 0) targets = []
    if (targets.push(foldName(nameFromOctets(rdata))) === MAX_TARGETS) break
  }
  return targets
}

/** About how much memory a stored reply takes, in octets. */
export function sizeOctetsOf({ answer, authority, additional }: Reply): number {
  return ENTRY_OVERHEAD_OCTETS + octetsOf(answer) + octetsOf(authority) + octetsOf(additional)
}

/** Records owned by `from` moved to `to`, the same name in another asker's letter case (RFC 4343). */
export function renamed(records: readonly ResourceRecord[], from: Name, to: Name): readonly ResourceRecord[] {
  if (from === to || records.length === 0) return records
  return records.map(record => (record.owner === from ? record.withOwner(to) : record))
}

function octetsOf(records: readonly ResourceRecord[]): number {
  let octets = 0
  for (const { owner, rdata } of records) octets += RECORD_OVERHEAD_OCTETS + owner.length + rdata.length
  return octets
}
