import type { Candidates } from '#plugins/kubernetes/index/candidates.ts'
import { NO_PORT } from '#plugins/kubernetes/index/port.ts'
import { join } from '#plugins/kubernetes/records/join.ts'
import { srv } from '#wire/build.ts'
import { Class } from '#wire/constants.ts'
import type { Name } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

/** SRV records, and the address records of their targets. */
export interface SrvRecords {
  readonly answer: readonly ResourceRecord[]
  readonly additional: readonly ResourceRecord[]
}

/** The SRV records of candidates that have a port. `zone` is in the letter case in which targets are to end. */
export function srvRecords(candidates: Candidates, owner: Name, zone: Name, ttlSeconds: number): SrvRecords {
  const answer: ResourceRecord[] = []
  const additional: ResourceRecord[] = []
  const weight = srvWeight(candidates.list.length)
  const seen = new Set<string>()
  for (const { labels, address, port } of candidates.list) {
    const target = join(labels, zone)
    if (port === NO_PORT || target === null) continue
    if (isNew(seen, `${labels} ${port}`)) answer.push(srv(owner, ttlSeconds, { priority: 0, weight, port, target }))
    if (isNew(seen, `${labels} ${address.key}`)) {
      additional.push(new ResourceRecord(target, address.type, Class.IN, ttlSeconds, address.rdata))
    }
  }
  return { answer, additional }
}

/** The weight that each of `count` candidates gets, as CoreDNS computes it: 100 for one, 33 for three, never below 1. */
export function srvWeight(count: number): number {
  return Math.max(1, Math.floor((100 / (100 * count)) * 100))
}

function isNew(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false
  seen.add(key)
  return true
}
