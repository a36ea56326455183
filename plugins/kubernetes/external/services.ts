import type { ExternalServices, ExternalTarget, RecordAddress } from '#plugin/external-services.ts'
import { targetsOf } from '#plugins/kubernetes/external/targets.ts'
import type { Address } from '#plugins/kubernetes/index/address.ts'
import { parseAddress } from '#plugins/kubernetes/index/address.ts'
import type { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import { parseRequest } from '#plugins/kubernetes/lookup/request.ts'
import { reverseAddress } from '#plugins/kubernetes/lookup/reverse-address.ts'
import type { FoldedName } from '#wire/name.ts'

/** What makes names outside of the cluster into names that can be taken apart like those within. */
const KIND = '\x03svc'

/** The cluster of an index from outside. */
export class ClusterFromOutside implements ExternalServices {
  readonly #cluster: Cluster
  readonly #listeners: (() => void)[] = []
  #ownAddresses: readonly Address[] = []

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  get isSynced(): boolean {
    return this.#cluster.synced
  }

  get serial(): number {
    return this.#cluster.serial >>> 0
  }

  find(labels: string, headless: boolean): readonly ExternalTarget[] | null {
    const request = parseRequest(`${labels}${KIND}` as FoldedName, labels.length + KIND.length)
    const { depth } = request
    if (depth < 1 || depth > 4 || !this.#cluster.isExposed(request.namespace)) return null
    if (depth === 1) return []
    const service = this.#cluster.service(request.service)
    if (service === undefined) return null
    const targets = targetsOf(service, headless, request)
    return targets.length === 0 ? null : targets
  }

  reachedAt(reverseName: FoldedName): readonly string[] {
    const address = reverseAddress(reverseName)
    if (address === '') return []
    const services = this.#cluster.servicesReachedAt(address)
    return services.filter(({ namespace }) => this.#cluster.isExposed(namespace)).map(({ labels }) => labels)
  }

  ownAddresses(): readonly RecordAddress[] {
    const own = this.#ownAddresses.flatMap(({ key }) => this.#cluster.endpointsAt(key).map(({ service }) => service))
    const externals = [...new Set(own)].flatMap(({ state }) => state?.externals ?? []).map(parseAddress)
    const addresses = externals.filter(address => address !== null)
    return own.length === 0 ? this.#ownAddresses : addresses
  }

  all(headless: boolean): Iterable<readonly ExternalTarget[]> {
    const any = { endpoint: '', port: '', protocol: '' }
    return this.#cluster
      .exposedServices()
      .sort((a, b) => (a.labels < b.labels ? -1 : 1))
      .map(service => targetsOf(service, headless, any))
      .filter(({ length }) => length > 0)
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Says that the cluster may have changed. */
  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  /** Says at which addresses clients may reach this server. */
  setOwnAddresses(addresses: readonly Address[]): void {
    this.#ownAddresses = addresses
  }
}
