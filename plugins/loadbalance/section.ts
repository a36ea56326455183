import { Type } from '#wire/constants.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** Picks a whole number from 0 to `bound - 1`. */
export type RandomBelow = (bound: number) => number

/** Changes the order of some addresses: those of `records` from `start` to `end`. */
export type OrderAddresses = (records: ResourceRecord[], start: number, end: number, below: RandomBelow) => void

/** Whether a type is that of addresses. */
export function isAddress(type: number): boolean {
  return type === Type.A || type === Type.AAAA
}

/**
 * A section in the order CNAMEs, other records, addresses, MX; the addresses as `orderAddresses` wants them, and MX
 * records shuffled if `shuffleMx`. The section itself when there is nothing to put in another order.
 */
export function balancedSection(
  section: readonly ResourceRecord[],
  orderAddresses: OrderAddresses,
  shuffleMx: boolean,
  below: RandomBelow,
): readonly ResourceRecord[] {
  let cnames = 0
  let others = 0
  let addresses = 0
  let exchanges = 0
  let lastGroup = 0
  let inOrder = true
  for (let i = 0; i < section.length; i++) {
    const group = groupOf(section[i]!.type)
    if (group === 0) cnames++
    else if (group === 1) others++
    else if (group === 2) addresses++
    else exchanges++
    if (group < lastGroup) inOrder = false
    lastGroup = group
  }
  if (inOrder && addresses < 2 && exchanges < 2) return section
  const ordered = section.slice()
  if (!inOrder) group(section, ordered, cnames, others, addresses)
  const start = cnames + others
  const end = start + addresses
  if (addresses > 1) orderAddresses(ordered, start, end, below)
  if (shuffleMx) shuffle(ordered, end, ordered.length, below)
  return ordered
}

/** Puts the records from `start` to `end` in a random order, all orders equally likely (Fisher and Yates). */
export function shuffle(records: ResourceRecord[], start: number, end: number, below: RandomBelow): void {
  for (let left = end - start; left > 1; left--) {
    const last = start + left - 1
    const picked = start + below(left)
    const record = records[picked]!
    records[picked] = records[last]!
    records[last] = record
  }
}

function group(
  section: readonly ResourceRecord[],
  ordered: ResourceRecord[],
  cnames: number,
  others: number,
  addresses: number,
): void {
  const at = [0, cnames, cnames + others, cnames + others + addresses]
  for (const record of section) {
    const group = groupOf(record.type)
    ordered[at[group]!] = record
    at[group]! += 1
  }
}

function groupOf(type: number): 0 | 1 | 2 | 3 {
  if (isAddress(type)) return 2
  if (type === Type.CNAME) return 0
  return type === Type.MX ? 3 : 1
}
