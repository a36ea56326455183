import { parseAddress } from '#plugins/kubernetes/index/address.ts'
import { Clusterset } from '#plugins/kubernetes/index/clusterset.ts'
import type { Delta, DeltaBatch, PodState, ServiceState, SliceState } from '#plugins/kubernetes/index/delta.ts'
import { touchesCluster, touchesClusterset } from '#plugins/kubernetes/index/delta-scope.ts'
import type { Endpoint } from '#plugins/kubernetes/index/endpoint.ts'
import { endpointsOf } from '#plugins/kubernetes/index/endpoint.ts'
import { ListsByKey } from '#plugins/kubernetes/index/lists-by-key.ts'
import { Pods } from '#plugins/kubernetes/index/pods.ts'
import type { ServiceEntry } from '#plugins/kubernetes/index/service.ts'
import { ServicesByName } from '#plugins/kubernetes/index/services-by-name.ts'
import { foldLabels, wireLabel } from '#plugins/kubernetes/index/wire-label.ts'
import type { FoldedName } from '#wire/name.ts'
import { foldName, isSubdomain } from '#wire/name.ts'

/** How an index sees the cluster. */
export interface ClusterOptions {
  /** Names of the only namespaces that are shown; `null` shows all. */
  readonly namespaces: readonly string[] | null
  /** Whether an endpoint without a hostname goes by its pod's name. */
  readonly endpointPodNames: boolean
}

/**
 * The cluster as DNS sees it: every lookup is one or two reads of a Map, whatever the cluster's size. Keys are folded
 * wire labels, so that a piece of a query's name is a key as it is.
 */
export class Cluster {
  /** Seconds since 1970 of the last change, 0 before the first. Never goes back. */
  serial = 0
  /** Whether all that the source knows has arrived. */
  synced = false
  /** What multicluster zones are answered from. */
  readonly clusterset: Clusterset
  readonly #shown: ReadonlySet<string> | null
  readonly #endpointPodNames: boolean
  readonly #exposed = new Set<string>()
  readonly #services = new ServicesByName()
  readonly #servicesByAddress = new ListsByKey<string, ServiceEntry>()
  readonly #servicesByTarget = new ListsByKey<FoldedName, ServiceEntry>()
  readonly #servicesByExternal = new ListsByKey<string, ServiceEntry>()
  readonly #slices = new Map<string, { readonly service: ServiceEntry; readonly endpoints: readonly Endpoint[] }>()
  readonly #endpointsByAddress = new ListsByKey<string, Endpoint>()
  readonly #pods = new Pods()

  constructor({ namespaces, endpointPodNames }: ClusterOptions) {
    this.#shown = namespaces === null ? null : new Set(namespaces.map(namespaceKey))
    this.#endpointPodNames = endpointPodNames
    this.clusterset = new Clusterset(endpointPodNames)
  }

  apply(batch: DeltaBatch): void {
    const { atSeconds, clustersetAtSeconds } = batch
    for (const delta of batch.deltas) {
      this.#applyDelta(delta)
      if (touchesCluster(delta)) this.serial = Math.max(this.serial, atSeconds)
      if (touchesClusterset(delta)) this.#moveClusterset(clustersetAtSeconds ?? atSeconds)
    }
    if (clustersetAtSeconds !== undefined) this.#moveClusterset(clustersetAtSeconds)
    this.synced = batch.synced
  }

  /** Whether names in a namespace (a folded wire label) are answered. */
  isExposed(namespace: string): boolean {
    return this.#exposed.has(namespace)
  }

  /** Whether the option `namespaces` keeps the reverse names of a namespace (a folded wire label) back. */
  hidesAddressesOf(namespace: string): boolean {
    return this.#shown !== null && !this.#exposed.has(namespace)
  }

  /** Whether there is such an option. */
  get hidesAddresses(): boolean {
    return this.#shown !== null
  }

  /** The service with these folded wire labels `name.namespace`; `undefined` when there is none. */
  service(labels: string): ServiceEntry | undefined {
    return this.#services.get(labels)
  }

  /** All services in namespaces that are shown, in no order. */
  exposedServices(): ServiceEntry[] {
    return this.#services.all().filter(({ namespace }) => this.#exposed.has(namespace))
  }

  /** The same of the imported services. */
  exposedImports(): ServiceEntry[] {
    return this.clusterset.services().filter(({ namespace }) => this.#exposed.has(namespace))
  }

  /** The service that a slice (`namespace/name`) belongs to, and its ready endpoints. */
  slice(key: string): { readonly service: ServiceEntry; readonly endpoints: readonly Endpoint[] } | undefined {
    return this.#slices.get(key)
  }

  /** A pod by `namespace/name`. */
  pod(key: string): PodState | undefined {
    return this.#pods.get(key)
  }

  /** The services that have a cluster address, by its key. */
  servicesAt(address: string): readonly ServiceEntry[] {
    return this.#servicesByAddress.get(address)
  }

  /** The ExternalName services that lead to a name. */
  servicesLeadingTo(name: FoldedName): readonly ServiceEntry[] {
    return this.#servicesByTarget.get(name)
  }

  /** The ExternalName services that lead to a name or below it; takes time for each that there is. */
  servicesLeadingBelow(name: FoldedName): readonly ServiceEntry[] {
    const targets = [...this.#servicesByTarget.keys()].filter(target => isSubdomain(target, name))
    return targets.flatMap(target => this.#servicesByTarget.get(target))
  }

  /** The services that are reached from outside by an address, by its key. */
  servicesReachedAt(address: string): readonly ServiceEntry[] {
    return this.#servicesByExternal.get(address)
  }

  /** The endpoints that have an address, by its key. */
  endpointsAt(address: string): readonly Endpoint[] {
    return this.#endpointsByAddress.get(address)
  }

  /** The pods that have an address, by its key; those on the node's own network share it. */
  podsAt(address: string): readonly PodState[] {
    return this.#pods.at(address)
  }

  /** Whether a pod of a namespace (a folded wire label) has an address, by its key. */
  hasPod(address: string, namespace: string): boolean {
    return this.#pods.isAt(address, name => namespaceKey(name) === namespace)
  }

  /** The keys of all objects of a kind that answers may come from. */
  keys(kind: Delta['kind']): Iterable<string> {
    switch (kind) {
      case 'namespace':
        return Array.from(this.#exposed, label => label.slice(1))
      case 'service':
        return this.#services.keys()
      case 'slice':
        return this.#slices.keys()
      case 'pod':
        return Array.from(this.#pods.all(), ([key]) => key)
      case 'import':
        return this.clusterset.importKeys()
      case 'imported-slice':
        return this.clusterset.sliceKeys()
    }
  }

  /** How many things the index holds, for tests of its memory. */
  get entryCount(): number {
    const services = [this.#services, this.#servicesByAddress, this.#servicesByTarget, this.#servicesByExternal]
    const maps = [this.#exposed, ...services, this.#slices, this.#endpointsByAddress]
    const own = [...maps, this.#pods].reduce((sum, map) => sum + map.size, 0)
    return own + this.clusterset.entryCount
  }

  #applyDelta(delta: Delta): void {
    switch (delta.kind) {
      case 'namespace':
        this.#setNamespace(delta.key, delta.object !== null)
        break
      case 'service':
        this.#setService(delta.key, delta.object)
        break
      case 'slice':
        this.#setSlice(delta.key, delta.object)
        break
      case 'pod':
        this.#pods.apply(delta.key, delta.object)
        break
      case 'import':
        this.clusterset.setImport(delta.key, delta.object)
        break
      case 'imported-slice':
        this.clusterset.setSlice(delta.key, delta.object)
        break
    }
  }

  #setNamespace(name: string, exists: boolean): void {
    const key = namespaceKey(name)
    if (exists && (this.#shown === null || this.#shown.has(key))) this.#exposed.add(key)
    else this.#exposed.delete(key)
  }

  #setService(key: string, state: ServiceState | null): void {
    const entry = this.#services.entryOf(key)
    if (entry === null) return
    for (const { key } of entry.addresses) this.#servicesByAddress.remove(key, entry)
    if (entry.externalTarget !== null) this.#servicesByTarget.remove(foldName(entry.externalTarget), entry)
    for (const key of externalKeys(entry)) this.#servicesByExternal.remove(key, entry)
    entry.setState(state)
    for (const key of externalKeys(entry)) this.#servicesByExternal.add(key, entry)
    for (const { key } of entry.addresses) this.#servicesByAddress.add(key, entry)
    if (entry.externalTarget !== null) this.#servicesByTarget.add(foldName(entry.externalTarget), entry)
    this.#services.dropIfVacant(entry)
  }

  #setSlice(key: string, state: SliceState | null): void {
    const before = this.#slices.get(key)
    const old = before?.endpoints ?? []
    const service = state === null ? null : this.#services.entry(state.namespace, state.service)
    const endpoints = state === null || service === null ? [] : endpointsOf(state, service, this.#endpointPodNames, old)
    for (const each of without(old, endpoints)) this.#endpointsByAddress.remove(each.address.key, each)
    for (const each of without(endpoints, old)) this.#endpointsByAddress.add(each.address.key, each)
    if (before !== undefined && before.service !== service) {
      before.service.setSlice(key, null)
      this.#services.dropIfVacant(before.service)
    }
    if (service === null) {
      this.#slices.delete(key)
      return
    }
    this.#slices.set(key, { service, endpoints })
    service.setSlice(key, endpoints)
  }

  #moveClusterset(atSeconds: number): void {
    this.clusterset.serial = Math.max(this.clusterset.serial, atSeconds)
  }
}

/** Those of some endpoints that are not among others. */
function without(some: readonly Endpoint[], others: readonly Endpoint[]): readonly Endpoint[] {
  if (some.length === 0 || others.length === 0) return some
  const set = new Set(others)
  return some.filter(each => !set.has(each))
}

function namespaceKey(name: string): string {
  return foldLabels(wireLabel(name) ?? '')
}

/** The keys of the addresses by which a service is reached from outside, host names left out. */
function externalKeys({ state }: ServiceEntry): string[] {
  return (state?.externals ?? []).flatMap(text => parseAddress(text)?.key ?? [])
}
