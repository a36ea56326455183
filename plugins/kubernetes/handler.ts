import type { Answer, Handler } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { failure, reply } from '#plugin/reply.ts'
import type { Reuse } from '#plugin/reuse.ts'
import { fallsThrough } from '#plugin/zones.ts'
import type { ChainContext } from '#plugins/kubernetes/external-name.ts'
import { followExternalName } from '#plugins/kubernetes/external-name.ts'
import type { Address } from '#plugins/kubernetes/index/address.ts'
import type { Candidates } from '#plugins/kubernetes/index/candidates.ts'
import type { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import type { Found, Pointers } from '#plugins/kubernetes/lookup/find.ts'
import { find, findPointers, NAME_ERROR } from '#plugins/kubernetes/lookup/find.ts'
import { isReverseZone, reverseAddress } from '#plugins/kubernetes/lookup/reverse-address.ts'
import type { KubernetesOptions } from '#plugins/kubernetes/options.ts'
import { addressRecords } from '#plugins/kubernetes/records/addresses.ts'
import { join } from '#plugins/kubernetes/records/join.ts'
import {
  hostZone,
  nameServerAddresses,
  nameServerRecords,
  nameServers,
  nameServersByOneName,
} from '#plugins/kubernetes/records/name-servers.ts'
import { srvRecords } from '#plugins/kubernetes/records/srv.ts'
import type { ZoneRecords } from '#plugins/kubernetes/records/zone.ts'
import { zoneOf, zoneRecords } from '#plugins/kubernetes/records/zone.ts'
import { cname, ptr, txt } from '#wire/build.ts'
import { Class, Flag, Rcode, Type } from '#wire/constants.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

const SCHEMA_VERSION = '1.1.0'
const SCHEMA_VERSION_TTL_SECONDS = 28_800
const NO_RECORDS: readonly ResourceRecord[] = []
const TRANSFER_REFUSED = failure(Rcode.REFUSED)

/** Answers from an index. */
export class ClusterAnswers implements ChainContext {
  readonly ttlSeconds: number
  readonly #options: KubernetesOptions
  readonly #cluster: Cluster
  readonly #zones: readonly ZoneRecords[]
  readonly #next: Handler
  readonly #reuse: Reuse
  #ownAddresses: readonly Address[] = []

  /** `reuse` is that of every reply made from the index alone. */
  constructor(options: KubernetesOptions, cluster: Cluster, next: Handler, reuse: Reuse) {
    this.ttlSeconds = options.ttlSeconds
    this.#options = options
    this.#cluster = cluster
    this.#zones = zoneRecords(options, reuse)
    this.#next = next
    this.#reuse = reuse
  }

  /** Says at which addresses clients may reach this server. */
  setOwnAddresses(addresses: readonly Address[]): void {
    this.#ownAddresses = addresses
  }

  answer(query: Query): Answer {
    const zone = query.class === Class.IN ? zoneOf(this.#zones, query.folded) : null
    if (zone === null) return this.#next(query)
    if (query.type === Type.AXFR || query.type === Type.IXFR) return TRANSFER_REFUSED
    const found = find(this.#cluster, this.#options, query.folded, zone.zone)
    return found === NAME_ERROR ? this.#nameError(query, zone) : this.#answerFound(query, zone, found)
  }

  find(name: FoldedName, zone: FoldedName): Found {
    return find(this.#cluster, this.#options, name, zone)
  }

  addresses(found: Found, owner: Name, type: number): readonly ResourceRecord[] {
    if (found.kind === 'candidates') return addressRecords(found, owner, type, this.ttlSeconds)
    return found.kind === 'name-server' ? this.#nameServerAddresses(owner, type) : NO_RECORDS
  }

  #nameError(query: Query, zone: ZoneRecords): Answer {
    if (fallsThrough(this.#options.fallthrough, query.folded)) return this.#next(query)
    const name = zoneName(query, zone)
    // While objects are still missing, a name that is not here may exist all the same.
    return this.#cluster.synced ? zone.nameError(name, this.#serial(zone)) : zone.unsynced(name, this.#serial(zone))
  }

  #answerFound(query: Query, zone: ZoneRecords, found: Found): Answer {
    switch (found.kind) {
      case 'candidates':
        return this.#answerCandidates(query, zone, found)
      case 'service':
        if (query.type === Type.CNAME) {
          return this.#authoritative([cname(query.name, this.ttlSeconds, found.externalTarget!)])
        }
        if (query.type !== Type.A && query.type !== Type.AAAA) break
        return followExternalName(this, query, found, zone.zone, this.#noData(query, zone))
      case 'pointers':
        return query.type === Type.PTR ? this.#answerPointers(query, found) : this.#noData(query, zone)
      case 'apex':
        return this.#answerApex(query, zone)
      case 'version':
        if (query.type !== Type.TXT) break
        return this.#authoritative([txt(query.name, SCHEMA_VERSION_TTL_SECONDS, [SCHEMA_VERSION])])
      case 'name-server': {
        const records = this.#nameServerAddresses(query.name, query.type)
        return records.length === 0 ? this.#noData(query, zone) : this.#authoritative(records)
      }
    }
    return this.#noData(query, zone)
  }

  /** The common case: a reply made for the same name in the same letter case is handed out again. */
  #answerCandidates(query: Query, zone: ZoneRecords, found: Candidates): Reply {
    const owner = query.name
    switch (query.type) {
      case Type.A:
        if (!found.hasIpv4) break
        if (found.a.owner !== owner) {
          found.a = { owner, reply: this.#authoritative(addressRecords(found, owner, Type.A, this.ttlSeconds)) }
        }
        return found.a.reply
      case Type.AAAA:
        if (!found.hasIpv6) break
        if (found.aaaa.owner !== owner) {
          found.aaaa = { owner, reply: this.#authoritative(addressRecords(found, owner, Type.AAAA, this.ttlSeconds)) }
        }
        return found.aaaa.reply
      case Type.SRV: {
        if (found.srv.owner !== owner) found.srv = { owner, reply: this.#makeSrv(query, zone, found) }
        const { reply } = found.srv
        return reply.answer.length === 0 ? this.#noData(query, zone) : reply
      }
    }
    return this.#noData(query, zone)
  }

  #makeSrv(query: Query, zone: ZoneRecords, found: Candidates): Reply {
    const records = srvRecords(found, query.name, zoneName(query, zone), this.ttlSeconds)
    return reply('kubernetes', { flags: Flag.AA, ...records, reuse: this.#reuse })
  }

  #answerPointers(query: Query, found: Pointers): Reply {
    const records: ResourceRecord[] = []
    for (const labels of found.labels) {
      const target = join(labels, this.#options.primaryZone)
      if (target !== null) records.push(ptr(query.name, this.ttlSeconds, target))
    }
    return this.#authoritative(records)
  }

  #answerApex(query: Query, zone: ZoneRecords): Answer {
    if (query.type === Type.PTR) return this.#answerAddressApex(query, zone)
    if (query.type === Type.SOA) return this.#authoritative([zone.soa(query.name, this.#serial(zone))])
    if (query.type !== Type.NS) return this.#noData(query, zone)
    const host = hostZone(query.name, isReverseZone(zone.zone), this.#options.primaryZone)
    const own = nameServers(this.#cluster, this.#ownAddresses)
    const servers = zone.isMulticluster ? nameServersByOneName(own) : own
    const records = nameServerRecords(servers, query.name, host, this.ttlSeconds)
    return records.answer.length === 0
      ? this.#noData(query, zone)
      : reply('kubernetes', { flags: Flag.AA, ...records, reuse: this.#reuse })
  }

  /** Keys such as 192.168.1.0/25 stand for zones that are whole addresses: the apex is then where the pointers are. */
  #answerAddressApex(query: Query, zone: ZoneRecords): Answer {
    const found = findPointers(this.#cluster, query.folded)
    if (found.kind === 'pointers') return this.#answerPointers(query, found)
    const passes = fallsThrough(this.#options.fallthrough, query.folded) && reverseAddress(query.folded) !== ''
    return passes ? this.#next(query) : this.#noData(query, zone)
  }

  #nameServerAddresses(owner: Name, type: number): readonly ResourceRecord[] {
    return nameServerAddresses(nameServers(this.#cluster, this.#ownAddresses), owner, type, this.ttlSeconds)
  }

  #authoritative(answer: readonly ResourceRecord[]): Reply {
    return reply('kubernetes', { flags: Flag.AA, answer, reuse: this.#reuse })
  }

  #serial(zone: ZoneRecords): number {
    return zone.isMulticluster ? this.#cluster.clusterset.serial : this.#cluster.serial
  }

  #noData(query: Query, zone: ZoneRecords): Reply {
    return zone.noData(zoneName(query, zone), this.#serial(zone))
  }
}

/** The zone's name in the asker's letter case. */
function zoneName(query: Query, zone: ZoneRecords): Name {
  return query.name.slice(query.name.length - zone.zone.length) as Name
}
