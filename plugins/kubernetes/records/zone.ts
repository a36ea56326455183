import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import type { Reuse } from '#plugin/reuse.ts'
import type { AnsweredZones } from '#plugins/kubernetes/answered-zones.ts'
import { soa } from '#wire/build.ts'
import { Flag, Rcode } from '#wire/constants.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { isSubdomain, prependLabels, ROOT } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

const REFRESH_SECONDS = 7200
const RETRY_SECONDS = 1800
const EXPIRE_SECONDS = 86400
/** Longest time that anybody may rely on a negative answer. */
const MAX_SOA_TTL_SECONDS = 300

/** One zone's SOA record and the negative replies that carry it, made again only when the serial or the letter case changes. */
export class ZoneRecords {
  readonly zone: FoldedName
  readonly isMulticluster: boolean
  readonly #ttlSeconds: number
  readonly #reuse: Reuse
  #name: Name = ROOT
  #serial = -1
  #soa: ResourceRecord | null = null
  #noData: Reply | null = null
  #nameError: Reply | null = null
  #unsynced: Reply | null = null

  constructor(zone: FoldedName, isMulticluster: boolean, ttlSeconds: number, reuse: Reuse) {
    this.zone = zone
    this.isMulticluster = isMulticluster
    this.#ttlSeconds = ttlSeconds
    this.#reuse = reuse
  }

  /** The SOA record, for a zone name in the asker's letter case. */
  soa(name: Name, serial: number): ResourceRecord {
    if (this.#soa === null || name !== this.#name || serial !== this.#serial) {
      this.#soa = zoneSoa(name, this.#ttlSeconds, serial)
      this.#name = name
      this.#serial = serial
      this.#noData = null
      this.#nameError = null
      this.#unsynced = null
    }
    return this.#soa
  }

  /** The name exists, records of the type do not. */
  noData(name: Name, serial: number): Reply {
    const soa = this.soa(name, serial)
    this.#noData ??= negative(Rcode.NOERROR, soa, this.#reuse)
    return this.#noData
  }

  /** The name does not exist. */
  nameError(name: Name, serial: number): Reply {
    const soa = this.soa(name, serial)
    this.#nameError ??= negative(Rcode.NXDOMAIN, soa, this.#reuse)
    return this.#nameError
  }

  /** The name is not known, but the source has not sent everything yet. */
  unsynced(name: Name, serial: number): Reply {
    const soa = this.soa(name, serial)
    this.#unsynced ??= negative(Rcode.SERVFAIL, soa, null)
    return this.#unsynced
  }
}

/** The SOA record of a zone; `ttlSeconds` is that of its other records. */
export function zoneSoa(name: Name, ttlSeconds: number, serial: number): ResourceRecord {
  return soa(name, Math.min(ttlSeconds, MAX_SOA_TTL_SECONDS), {
    mname: prependLabels(['ns', 'dns'], name) ?? name,
    rname: prependLabels(['hostmaster'], name) ?? name,
    serial: serial >>> 0,
    refresh: REFRESH_SECONDS,
    retry: RETRY_SECONDS,
    expire: EXPIRE_SECONDS,
    minimum: ttlSeconds,
  })
}

/** The records of the longest zone that `name` is or lies below; `null` for none. `zones` has the longest first. */
export function zoneOf(zones: readonly ZoneRecords[], name: FoldedName): ZoneRecords | null {
  for (const zone of zones) if (isSubdomain(name, zone.zone)) return zone
  return null
}

/** What the zones' records are made from. */
export interface ZoneOptions extends AnsweredZones {
  readonly ttlSeconds: number
}

/** Records for each zone, longest first; `reuse` is that of the negative replies. */
export function zoneRecords(options: ZoneOptions, reuse: Reuse): readonly ZoneRecords[] {
  const { zones, multiclusterZones, ttlSeconds } = options
  return zones
    .map(zone => new ZoneRecords(zone, multiclusterZones.includes(zone), ttlSeconds, reuse))
    .sort((a, b) => b.zone.length - a.zone.length)
}

function negative(rcode: number, soa: ResourceRecord, reuse: Reuse | null): Reply {
  return reply('kubernetes', { rcode, flags: Flag.AA, authority: [soa], reuse })
}
