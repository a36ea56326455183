import { ServiceEntry } from '#plugins/kubernetes/index/service.ts'
import { foldLabels, wireLabel } from '#plugins/kubernetes/index/wire-label.ts'

/** Services by their folded wire labels `name.namespace`. */
export class ServicesByName {
  readonly #entries = new Map<string, ServiceEntry>()

  /** How many there are, with those that only slices name. */
  get size(): number {
    return this.#entries.size
  }

  /** The service with these labels; `undefined` when there is none. */
  get(labels: string): ServiceEntry | undefined {
    const entry = this.#entries.get(labels)
    return entry === undefined || entry.state === null ? undefined : entry
  }

  /** All services that exist, in no order. */
  all(): ServiceEntry[] {
    return [...this.#entries.values()].filter(({ state }) => state !== null)
  }

  /** The keys, `namespace/name`, of the same. */
  keys(): string[] {
    return this.all().map(({ state }) => `${state!.namespace}/${state!.name}`)
  }

  /** The entry of a service, made if it is new; `null` when its names cannot be labels. */
  entry(namespace: string, name: string): ServiceEntry | null {
    const nameLabel = wireLabel(name)
    const namespaceLabel = wireLabel(namespace)
    if (nameLabel === null || namespaceLabel === null) return null
    const labels = nameLabel + namespaceLabel
    const key = foldLabels(labels)
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = new ServiceEntry(labels, foldLabels(namespaceLabel))
      this.#entries.set(key, entry)
    }
    return entry
  }

  /** The same for an object's key, `namespace/name`. */
  entryOf(key: string): ServiceEntry | null {
    const slash = key.indexOf('/')
    return this.entry(key.slice(0, slash), key.slice(slash + 1))
  }

  /** Forgets an entry that stands for nothing any more. */
  dropIfVacant(entry: ServiceEntry): void {
    if (entry.isVacant) this.#entries.delete(foldLabels(entry.labels))
  }
}
