import type { Delta } from '#plugins/kubernetes/index/delta.ts'

/** What the index has been told of one resource, as JSON by key: compact, quick to compare and ready to be saved. */
export class Held {
  readonly #kind: Delta['kind']
  readonly #states = new Map<string, string>()
  #relist: Set<string> | null = null

  constructor(kind: Delta['kind']) {
    this.#kind = kind
  }

  get size(): number {
    return this.#states.size
  }

  /** The state of every object, in JSON. */
  states(): IterableIterator<string> {
    return this.#states.values()
  }

  /** Takes an object's state, `undefined` for one that is to stay as it is; returns the delta if there is news in it. */
  put(key: string, object: Delta['object'] | undefined): Delta | null {
    this.#relist?.add(key)
    if (object === undefined) return null
    if (object === null) return this.remove(key)
    const json = JSON.stringify(object)
    if (this.#states.get(key) === json) return null
    this.#states.set(key, json)
    return { kind: this.#kind, key, object } as Delta
  }

  /** Takes a state from a snapshot, unless something is known of the object already; returns the delta if it was taken. */
  adopt(key: string, json: string): Delta | null {
    if (this.#states.has(key)) return null
    this.#states.set(key, json)
    return { kind: this.#kind, key, object: JSON.parse(json) } as Delta
  }

  /** The keys of all objects; a copy. */
  keys(): string[] {
    return [...this.#states.keys()]
  }

  /** Forgets an object; returns the delta if it was held. */
  remove(key: string): Delta | null {
    return this.#states.delete(key) ? ({ kind: this.#kind, key, object: null } as Delta) : null
  }

  /** From now on notes what is put, until `unlisted`; what a list before it had noted is forgotten. */
  beginRelist(): void {
    this.#relist = new Set()
  }

  /** The keys that were not put since `beginRelist`: objects that are gone. */
  unlisted(): string[] {
    const listed = this.#relist
    this.#relist = null
    return listed === null ? [] : [...this.#states.keys()].filter(key => !listed.has(key))
  }
}
