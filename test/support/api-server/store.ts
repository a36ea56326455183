import type { ApiObject } from '#test/support/api-server/object.ts'
import { apiVersion, objectKey, RESOURCES, resourceOfKind } from '#test/support/api-server/object.ts'

/** One change to one object. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** Plural of the object's resource. */
  readonly resource: string
  readonly resourceVersion: number
  /** The object after the change; for DELETED its last state, with the resourceVersion of the deletion. */
  readonly object: ApiObject
  readonly previous: ApiObject | null
}

/** All objects of a resource at one moment, sorted by key. */
export interface Snapshot {
  readonly resourceVersion: number
  readonly keys: readonly string[]
  readonly objects: readonly ApiObject[]
}

/** What the store keeps of one resource. */
interface Shelf {
  readonly objects: Map<string, ApiObject>
  /** Changes since `forgottenVersion`, oldest first. */
  log: StoreEvent[]
  /** Version of the newest change that the log no longer has. */
  forgottenVersion: number
  snapshot: Snapshot | null
  lastVersion: number
}

/** Snapshots of lists whose pages are still being fetched; the oldest go first. */
const MAX_PAGED_LISTS = 16
/** A first resourceVersion well above 0, as a cluster that has just been made has. */
const FIRST_VERSION = 200

/**
 * The objects behind the API, with one counter of versions for all resources. Objects never change: a new state is a new
 * object, so that snapshots and the log of changes cost references only.
 */
export class ObjectStore {
  #version = FIRST_VERSION
  readonly #shelves = new Map<string, Shelf>()
  readonly #listeners = new Set<(event: StoreEvent) => void>()
  readonly #pagedLists = new Map<string, Snapshot>()
  readonly #windowEvents: number

  /** `windowEvents` is how many changes of each resource can be watched from before the present: the watch cache. */
  constructor(windowEvents: number) {
    this.#windowEvents = windowEvents
    for (const { name } of RESOURCES) {
      this.#shelves.set(name, {
        objects: new Map(),
        log: [],
        forgottenVersion: 0,
        snapshot: null,
        lastVersion: FIRST_VERSION,
      })
    }
  }

  /** The version of the last change to anything. */
  get resourceVersion(): number {
    return this.#version
  }

  /** Creates or replaces an object; what the API server fills in need not be given. */
  apply(given: ApiObject): ApiObject {
    const resource = resourceOfKind(given.kind)
    const shelf = this.#shelf(resource.name)
    if (given.apiVersion !== apiVersion(resource)) throw new Error(`${given.kind} is not of ${given.apiVersion}`)
    if ((given.metadata.namespace !== undefined) !== resource.isNamespaced) {
      throw new Error(`${given.kind} ${given.metadata.name}: namespace missing or too much`)
    }
    const key = objectKey(given.metadata)
    const previous = shelf.objects.get(key) ?? null
    const resourceVersion = ++this.#version
    const metadata = {
      ...given.metadata,
      uid: previous?.metadata.uid ?? `00000000-0000-4000-8000-${String(resourceVersion).padStart(12, '0')}`,
      resourceVersion: String(resourceVersion),
      creationTimestamp: previous?.metadata.creationTimestamp ?? '2026-01-01T00:00:00Z',
    }
    const object: ApiObject = { ...given, metadata }
    shelf.objects.set(key, object)
    const type = previous === null ? 'ADDED' : 'MODIFIED'
    this.#record(shelf, { type, resource: resource.name, resourceVersion, object, previous })
    return object
  }

  /** Removes an object; returns whether there was one. */
  delete(kind: string, name: string, namespace?: string): boolean {
    const resource = resourceOfKind(kind).name
    const shelf = this.#shelf(resource)
    const key = objectKey(namespace === undefined ? { name } : { name, namespace })
    const previous = shelf.objects.get(key)
    if (previous === undefined) return false
    shelf.objects.delete(key)
    const resourceVersion = ++this.#version
    const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(resourceVersion) } }
    this.#record(shelf, { type: 'DELETED', resource, resourceVersion, object, previous })
    return true
  }

  get(resource: string, key: string): ApiObject | undefined {
    return this.#shelf(resource).objects.get(key)
  }

  /** What a list shows now. */
  current(resource: string): Snapshot {
    const shelf = this.#shelf(resource)
    if (shelf.snapshot === null) {
      const keys = [...shelf.objects.keys()].sort()
      shelf.snapshot = { resourceVersion: 0, keys, objects: keys.map(key => shelf.objects.get(key)!) }
    }
    return { ...shelf.snapshot, resourceVersion: this.#version }
  }

  /** What a list showed at a version; `null` when the changes since then are no longer known. */
  at(resource: string, version: number): Snapshot | null {
    const shelf = this.#shelf(resource)
    if (version >= shelf.lastVersion) return { ...this.current(resource), resourceVersion: version }
    const events = this.eventsAfter(resource, version)
    if (events === null) return null
    const objects = new Map(shelf.objects)
    for (const { object, previous } of events.toReversed()) {
      if (previous === null) objects.delete(objectKey(object.metadata))
      else objects.set(objectKey(object.metadata), previous)
    }
    const keys = [...objects.keys()].sort()
    return { resourceVersion: version, keys, objects: keys.map(key => objects.get(key)!) }
  }

  /** Keeps a snapshot for the later pages of a list. */
  keepForPages(resource: string, snapshot: Snapshot): void {
    this.#pagedLists.set(`${resource}@${snapshot.resourceVersion}`, snapshot)
    for (const key of this.#pagedLists.keys()) if (this.#pagedLists.size > MAX_PAGED_LISTS) this.#pagedLists.delete(key)
  }

  /** The snapshot that the first page of a list was cut from; `null` once it is forgotten. */
  pagedList(resource: string, version: number): Snapshot | null {
    return this.#pagedLists.get(`${resource}@${version}`) ?? null
  }

  /** Makes every continue token out there too old. */
  forgetPagedLists(): void {
    this.#pagedLists.clear()
  }

  /** The changes after a version, oldest first; `null` when some of them are no longer known. */
  eventsAfter(resource: string, version: number): readonly StoreEvent[] | null {
    const { log, forgottenVersion } = this.#shelf(resource)
    if (version < forgottenVersion) return null
    let first = log.length
    // From the end, since watches ask for the newest change at each change.
    while (first > 0 && log[first - 1]!.resourceVersion > version) first--
    return log.slice(first)
  }

  /** The version before which a resource cannot be watched. */
  oldestVersion(resource: string): number {
    return this.#shelf(resource).forgottenVersion
  }

  /** Forgets all changes, or those to one resource: every version before the present is too old to watch from. */
  compact(resource?: string): void {
    // A change nobody watches moves the present past every version that a client can hold.
    this.#version++
    for (const shelf of resource === undefined ? this.#shelves.values() : [this.#shelf(resource)]) {
      shelf.log = []
      shelf.forgottenVersion = this.#version
      shelf.lastVersion = this.#version
    }
  }

  /** Moves the version on as a change to some other resource of the cluster does. */
  touch(): void {
    this.#version++
  }

  /** Calls `listener` at each change, until the function returned is called. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #record(shelf: Shelf, event: StoreEvent): void {
    shelf.snapshot = null
    shelf.lastVersion = event.resourceVersion
    shelf.log.push(event)
    if (shelf.log.length > 2 * this.#windowEvents) {
      const forgotten = shelf.log.splice(0, shelf.log.length - this.#windowEvents)
      shelf.forgottenVersion = forgotten.at(-1)!.resourceVersion
    }
    for (const listener of this.#listeners) listener(event)
  }

  #shelf(resource: string): Shelf {
    const shelf = this.#shelves.get(resource)
    if (shelf === undefined) throw new Error(`the fake API server has no resource ${resource}`)
    return shelf
  }
}
