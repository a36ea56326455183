import type { Delta } from '#plugins/kubernetes/index/delta.ts'

/** What `Held` does, the obvious way: every state in a Map, and every object of a list compared with it. */
export class SlowHeld {
  readonly states: Map<string, string> = new Map()
  readonly #kind: Delta['kind']
  #listed: Set<string> | null = null

  constructor(kind: Delta['kind']) {
    this.#kind = kind
  }

  put(key: string, object: Delta['object'] | undefined): Delta | null {
    this.#listed?.add(key)
    if (object === undefined) return null
    if (object === null) return this.remove(key)
    const json = JSON.stringify(object)
    if (this.states.get(key) === json) return null
    this.states.set(key, json)
    return { kind: this.#kind, key, object } as Delta
  }

  adopt(key: string, object: Delta['object']): Delta | null {
    if (this.states.has(key)) return null
    this.states.set(key, JSON.stringify(object))
    return { kind: this.#kind, key, object } as Delta
  }

  remove(key: string): Delta | null {
    // What comes back from a snapshot after this has not been listed.
    this.#listed?.delete(key)
    return this.states.delete(key) ? ({ kind: this.#kind, key, object: null } as Delta) : null
  }

  beginRelist(): void {
    this.#listed = new Set()
  }

  unlisted(): string[] {
    const listed = this.#listed
    this.#listed = null
    return listed === null ? [] : [...this.states.keys()].filter(key => !listed.has(key))
  }
}
