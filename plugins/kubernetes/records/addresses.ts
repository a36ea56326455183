import type { Candidates } from '#plugins/kubernetes/index/candidates.ts'
import { Class } from '#wire/constants.ts'
import type { Name } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

/** The A or AAAA records of candidates, each address once. */
export function addressRecords(
  candidates: Candidates,
  owner: Name,
  type: number,
  ttlSeconds: number,
): readonly ResourceRecord[] {
  const records: ResourceRecord[] = []
  const seen = new Set<string>()
  for (const { address } of candidates.list) {
    if (address.type !== type || seen.has(address.key)) continue
    seen.add(address.key)
    records.push(new ResourceRecord(owner, type, Class.IN, ttlSeconds, address.rdata))
  }
  return records
}
