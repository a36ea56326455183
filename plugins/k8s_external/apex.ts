import type { RecordAddress } from '#plugin/external-services.ts'
import type { ExternalOptions } from '#plugins/k8s_external/options.ts'
import { ns, soa } from '#wire/build.ts'
import { Class } from '#wire/constants.ts'
import type { Name } from '#wire/name.ts'
import { prependLabels } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

const REFRESH_SECONDS = 7200
const RETRY_SECONDS = 1800
const EXPIRE_SECONDS = 86_400

/** The SOA record of a zone, which is named in the asker's letter case. */
export function zoneSoa(zone: Name, { apex, ttlSeconds }: ExternalOptions, serial: number): ResourceRecord {
  return soa(zone, ttlSeconds, {
    mname: nameServer(zone, apex),
    rname: prependLabels(['hostmaster', apex], zone) ?? zone,
    serial,
    refresh: REFRESH_SECONDS,
    retry: RETRY_SECONDS,
    expire: EXPIRE_SECONDS,
    minimum: ttlSeconds,
  })
}

/** The NS record of a zone. */
export function zoneNs(zone: Name, { apex, ttlSeconds }: ExternalOptions): ResourceRecord {
  return ns(zone, ttlSeconds, nameServer(zone, apex))
}

/** The name of the zone's server, `ns1.<apex>.<zone>`. */
export function nameServer(zone: Name, apex: string): Name {
  return prependLabels(['ns1', apex], zone) ?? zone
}

/** Records for addresses. */
export function addressRecords(
  owner: Name,
  ttlSeconds: number,
  addresses: readonly RecordAddress[],
): readonly ResourceRecord[] {
  return addresses.map(({ type, rdata }) => new ResourceRecord(owner, type, Class.IN, ttlSeconds, rdata))
}
