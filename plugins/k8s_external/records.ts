import type { ExternalTarget } from '#plugin/external-services.ts'
import { srv } from '#wire/build.ts'
import { Class, MAX_NAME_OCTETS } from '#wire/constants.ts'
import type { Name } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

/** The A or AAAA records of targets, each address once. */
export function targetAddresses(
  targets: readonly ExternalTarget[],
  owner: Name,
  type: number,
  ttlSeconds: number,
): ResourceRecord[] {
  const records = targets.flatMap(({ to }) =>
    typeof to === 'string' || to.type !== type ? [] : [new ResourceRecord(owner, type, Class.IN, ttlSeconds, to.rdata)],
  )
  return withoutDoubles(records)
}

/** The host that a service is reached by; `null` when it has an address of its own, beside which no other name can stand. */
export function hostOf(targets: readonly ExternalTarget[]): Name | null {
  const first = targets[0]?.to
  return typeof first === 'string' && targets.every(({ to }) => typeof to === 'string') ? first : null
}

/** The SRV records of targets that have a port, and the addresses of those that have some. `zone` is that of the names they point to. */
export function srvRecords(
  targets: readonly ExternalTarget[],
  owner: Name,
  zone: Name,
  ttlSeconds: number,
): { answer: ResourceRecord[]; additional: ResourceRecord[] } {
  const weight = Math.max(1, Math.floor(100 / targets.length))
  const answer: ResourceRecord[] = []
  const additional: ResourceRecord[] = []
  for (const { labels, to, port } of targets) {
    const target = typeof to === 'string' ? to : ownName(labels, zone)
    if (port < 0 || target === null) continue
    answer.push(srv(owner, ttlSeconds, { priority: 0, weight, port, target }))
    if (typeof to !== 'string') additional.push(new ResourceRecord(target, to.type, Class.IN, ttlSeconds, to.rdata))
  }
  return { answer: withoutDoubles(answer), additional: withoutDoubles(additional) }
}

/** Wire labels in a zone; `null` when the name gets too long. */
export function ownName(labels: string, zone: Name): Name | null {
  return labels.length + zone.length <= MAX_NAME_OCTETS ? ((labels + zone) as Name) : null
}

/** Records without those that are there already. */
export function withoutDoubles(records: readonly ResourceRecord[]): ResourceRecord[] {
  const seen = new Map<string, ResourceRecord>()
  for (const record of records) {
    const key = `${record.type} ${record.owner} ${Buffer.from(record.rdata).toString('latin1')}`
    if (!seen.has(key)) seen.set(key, record)
  }
  return [...seen.values()]
}
