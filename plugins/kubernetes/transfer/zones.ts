import type { TransferableZones, ZoneContents } from '#plugin/zone-transfer.ts'
import type { Address } from '#plugins/kubernetes/index/address.ts'
import type { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import { isReverseZone } from '#plugins/kubernetes/lookup/reverse-address.ts'
import type { KubernetesOptions } from '#plugins/kubernetes/options.ts'
import { nameServerRecords, nameServers, nameServersByOneName } from '#plugins/kubernetes/records/name-servers.ts'
import { zoneSoa } from '#plugins/kubernetes/records/zone.ts'
import { serviceRecords, servicesNow } from '#plugins/kubernetes/transfer/service-records.ts'
import type { FoldedName } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** The zones of the plugin as they can be handed on whole. Reverse zones cannot: nobody knows what all is in them. */
export class TransferableCluster implements TransferableZones {
  readonly zones: readonly FoldedName[]
  readonly #options: KubernetesOptions
  readonly #cluster: Cluster
  readonly #listeners: (() => void)[] = []
  #ownAddresses: readonly Address[] = []

  constructor(options: KubernetesOptions, cluster: Cluster) {
    this.zones = options.zones.filter(zone => !isReverseZone(zone))
    this.#options = options
    this.#cluster = cluster
  }

  /** Says at which addresses clients may reach this server. */
  setOwnAddresses(addresses: readonly Address[]): void {
    this.#ownAddresses = addresses
  }

  /** Says that the cluster may have changed. */
  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  serial(zone: FoldedName): number | null {
    if (!this.#cluster.synced) return null
    return (this.#isMulticluster(zone) ? this.#cluster.clusterset.serial : this.#cluster.serial) >>> 0
  }

  contents(zone: FoldedName): ZoneContents | null {
    const serial = this.serial(zone)
    if (serial === null) return null
    const { ttlSeconds, ignoreEmptyService } = this.#options
    const isMulticluster = this.#isMulticluster(zone)
    const servers = nameServers(this.#cluster, this.#ownAddresses)
    const own = nameServerRecords(isMulticluster ? nameServersByOneName(servers) : servers, zone, zone, ttlSeconds)
    const entries = isMulticluster ? this.#cluster.exposedImports() : this.#cluster.exposedServices()
    const services = servicesNow(entries, ignoreEmptyService)
    function* records(): Generator<ResourceRecord, undefined> {
      const addresses = new Set(own.additional.map(keyOf))
      yield* own.answer
      yield* own.additional
      for (const service of services) {
        for (const record of serviceRecords(service, zone, ttlSeconds)) if (!addresses.has(keyOf(record))) yield record
      }
    }
    return { serial, soa: zoneSoa(zone, ttlSeconds, serial), records: records() }
  }

  #isMulticluster(zone: FoldedName): boolean {
    return this.#options.multiclusterZones.includes(zone)
  }
}

function keyOf({ owner, type, rdata }: ResourceRecord): string {
  return `${type} ${owner} ${Buffer.from(rdata).toString('latin1')}`
}
