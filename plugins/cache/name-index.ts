import { matchZone } from '#plugin/zones.ts'
import { nameOfKey } from '#plugins/cache/key.ts'
import type { FoldedName } from '#wire/name.ts'
import { isSubdomain } from '#wire/name.ts'

/** What is found by the name in its key, and by others. */
export interface Named {
  /** The names that its CNAME records lead to. */
  readonly targets: readonly FoldedName[]
}

/**
 * The keys of a store by name, so that all that is stored about a name can be found, for names of some zones. It costs
 * something when an entry comes and goes, and nothing when one is served.
 */
export class NameIndex {
  /** Most names have one key: an array is made for the second. */
  readonly #keys = new Map<FoldedName, string | string[]>()
  #zones: readonly FoldedName[] = []

  get size(): number {
    return this.#keys.size
  }

  /** Names in these zones are noted from now on, and no others. */
  track(zones: readonly FoldedName[]): void {
    this.#zones = [...this.#zones, ...zones]
  }

  /** Notes the key of an entry under its own name and those that its CNAME records lead to. */
  add(key: string, entry: Named): void {
    if (this.#zones.length === 0) return
    this.#addTo(nameOfKey(key), key)
    for (const target of entry.targets) this.#addTo(target, key)
  }

  /** Undoes `add`. */
  remove(key: string, entry: Named): void {
    if (this.#keys.size === 0) return
    this.#removeFrom(nameOfKey(key), key)
    for (const target of entry.targets) this.#removeFrom(target, key)
  }

  /** The keys of all entries about a name; a copy. */
  keysOf(name: FoldedName): readonly string[] {
    const keys = this.#keys.get(name)
    return keys === undefined ? [] : typeof keys === 'string' ? [keys] : [...keys]
  }

  /** The names with entries that are `name` or below it. */
  below(name: FoldedName): readonly FoldedName[] {
    const names: FoldedName[] = []
    for (const each of this.#keys.keys()) if (isSubdomain(each, name)) names.push(each)
    return names
  }

  #addTo(name: FoldedName, key: string): void {
    if (matchZone(this.#zones, name) === null) return
    const keys = this.#keys.get(name)
    if (keys === undefined) this.#keys.set(name, key)
    else if (typeof keys === 'string') this.#keys.set(name, keys === key ? key : [keys, key])
    else if (!keys.includes(key)) keys.push(key)
  }

  #removeFrom(name: FoldedName, key: string): void {
    const keys = this.#keys.get(name)
    if (keys === key) this.#keys.delete(name)
    if (keys === undefined || typeof keys === 'string') return
    const left = keys.filter(each => each !== key)
    if (left.length === 0) this.#keys.delete(name)
    else this.#keys.set(name, left)
  }
}
