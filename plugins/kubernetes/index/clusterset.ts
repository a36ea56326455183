import type { ImportedSliceState, ServiceState } from '#plugins/kubernetes/index/delta.ts'
import type { Endpoint } from '#plugins/kubernetes/index/endpoint.ts'
import { endpointsOf } from '#plugins/kubernetes/index/endpoint.ts'
import type { ServiceEntry } from '#plugins/kubernetes/index/service.ts'
import { ServicesByName } from '#plugins/kubernetes/index/services-by-name.ts'

/** What the clusters of a clusterset have exported to all of them (MCS API): what multicluster zones are answered from. */
export class Clusterset {
  /** Seconds since 1970 of the last change to it, 0 before the first. Never goes back. */
  serial = 0
  readonly #endpointPodNames: boolean
  readonly #imports = new ServicesByName()
  readonly #slices = new Map<string, { readonly service: ServiceEntry; readonly endpoints: readonly Endpoint[] }>()

  /** `endpointPodNames` is the option of that name. */
  constructor(endpointPodNames: boolean) {
    this.#endpointPodNames = endpointPodNames
  }

  /** The imported service with these folded wire labels `name.namespace`; `undefined` when there is none. */
  service(labels: string): ServiceEntry | undefined {
    return this.#imports.get(labels)
  }

  /** All imported services, in no order. */
  services(): ServiceEntry[] {
    return this.#imports.all()
  }

  /** The imported service that a slice (`namespace/name`) belongs to, and its ready endpoints. */
  slice(key: string): { readonly service: ServiceEntry; readonly endpoints: readonly Endpoint[] } | undefined {
    return this.#slices.get(key)
  }

  /** The keys (`namespace/name`) of all ServiceImports. */
  importKeys(): string[] {
    return this.#imports.keys()
  }

  /** The keys of all imported slices. */
  sliceKeys(): Iterable<string> {
    return this.#slices.keys()
  }

  /** How many things it holds, for tests of its memory. */
  get entryCount(): number {
    return this.#imports.size + this.#slices.size
  }

  setImport(key: string, state: ServiceState | null): void {
    const entry = this.#imports.entryOf(key)
    if (entry === null) return
    entry.setState(state)
    this.#imports.dropIfVacant(entry)
  }

  setSlice(key: string, state: ImportedSliceState | null): void {
    const before = this.#slices.get(key)
    if (before !== undefined) {
      this.#slices.delete(key)
      before.service.setSlice(key, null)
      this.#imports.dropIfVacant(before.service)
    }
    const service = state === null ? null : this.#imports.entry(state.namespace, state.service)
    if (state === null || service === null) return
    const endpoints = endpointsOf(state, service, this.#endpointPodNames, [])
    this.#slices.set(key, { service, endpoints })
    service.setSlice(key, endpoints)
  }
}
