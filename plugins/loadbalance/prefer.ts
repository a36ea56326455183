import type { Cidr } from '#lib/cidr.ts'
import { cidrContains } from '#lib/cidr.ts'
import { isAddress } from '#plugins/loadbalance/section.ts'
import { Type } from '#wire/constants.ts'
import type { ResourceRecord } from '#wire/record.ts'

/**
 * A section in the order CNAMEs, addresses by the first of `cidrs` that they lie in (those in none last), MX, other
 * records; what is equal stays in its order. The section itself when it is in that order.
 */
export function preferredSection(
  section: readonly ResourceRecord[],
  cidrs: readonly Cidr[],
): readonly ResourceRecord[] {
  const ranks = section.map(record => rankOf(record, cidrs))
  if (ranks.every((rank, i) => i === 0 || ranks[i - 1]! <= rank)) return section
  const order = section.map((_, i) => i).sort((i, j) => ranks[i]! - ranks[j]!)
  return order.map(i => section[i]!)
}

function rankOf({ type, rdata }: ResourceRecord, cidrs: readonly Cidr[]): number {
  if (type === Type.CNAME) return -1
  if (type === Type.MX) return cidrs.length + 1
  if (!isAddress(type)) return cidrs.length + 2
  const index = cidrs.findIndex(cidr => cidrContains(cidr, rdata))
  return index < 0 ? cidrs.length : index
}
