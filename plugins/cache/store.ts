import { LRUCache } from 'lru-cache'
import type { Entry } from '#plugins/cache/entry.ts'

/** Memory that a store may take for each entry of its capacity, in octets, so that huge replies cannot exhaust it. */
const OCTETS_PER_ENTRY = 4096

/** Replies by key, those not asked for the longest given up first. */
export class Store {
  readonly #entries: LRUCache<string, Entry>
  #evicted = 0

  constructor(capacity: number) {
    const max = storeEntries(capacity)
    this.#entries = new LRUCache({
      max,
      maxSize: max * OCTETS_PER_ENTRY,
      dispose: (entry, _key, reason) => {
        entry.retire()
        if (reason === 'evict') this.#evicted++
      },
    })
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  /** Stores an entry in place of the one with this key; returns how many others had to go. */
  set(key: string, entry: Entry): number {
    this.#evicted = 0
    entry.adopt(() => void this.#entries.get(key))
    this.#entries.set(key, entry, { size: entry.sizeOctets() })
    return this.#evicted
  }
}

/** How many entries a store with this capacity holds: CoreDNS keeps 256 shards of equal size, with at least four entries each. */
export function storeEntries(capacity: number): number {
  return 256 * Math.max(4, Math.floor(capacity / 256))
}
