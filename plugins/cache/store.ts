import { LRUCache } from 'lru-cache'
import type { Entry, EntryHolder } from '#plugins/cache/entry.ts'
import { NameIndex } from '#plugins/cache/name-index.ts'
import type { FoldedName } from '#wire/name.ts'

/** Memory that a store may take for each entry of its capacity, in octets, so that huge replies cannot exhaust it. */
const OCTETS_PER_ENTRY = 4096

/** Replies by key, those not asked for the longest given up first. */
export class Store implements EntryHolder {
  readonly #entries: LRUCache<string, Entry>
  readonly #names = new NameIndex()
  #evicted = 0

  constructor(capacity: number) {
    const max = storeEntries(capacity)
    this.#entries = new LRUCache({
      max,
      maxSize: max * OCTETS_PER_ENTRY,
      dispose: (entry, key, reason) => {
        entry.retire()
        this.#names.remove(key, entry)
        if (reason === 'evict') this.#evicted++
      },
    })
  }

  get size(): number {
    return this.#entries.size
  }

  /** Names that entries are found by, for tests of its memory. */
  get nameCount(): number {
    return this.#names.size
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  touch(key: string): void {
    this.#entries.get(key)
  }

  /** Stores an entry in place of the one with this key; returns how many others had to go. */
  set(key: string, entry: Entry): number {
    this.#evicted = 0
    entry.adopt(this, key)
    this.#entries.set(key, entry, { size: entry.sizeOctets() })
    // An entry larger than the whole store is not taken.
    if (this.#entries.has(key)) this.#names.add(key, entry)
    return this.#evicted
  }

  /** Has entries about names in these zones found by name from now on. */
  track(zones: readonly FoldedName[]): void {
    this.#names.track(zones)
  }

  /** Gives up all entries about a name. */
  drop(name: FoldedName): void {
    for (const key of this.#names.keysOf(name)) this.#entries.delete(key)
  }

  /** Gives up all entries about a name or one below it. */
  dropBelow(name: FoldedName): void {
    for (const each of this.#names.below(name)) this.drop(each)
  }
}

/** How many entries a store with this capacity holds: CoreDNS keeps 256 shards of equal size, with at least four entries each. */
export function storeEntries(capacity: number): number {
  return 256 * Math.max(4, Math.floor(capacity / 256))
}
