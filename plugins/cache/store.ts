import { LRUCache } from 'lru-cache'
import type { Epochs } from '#plugin/epochs.ts'
import type { Entry, EntryHolder } from '#plugins/cache/entry.ts'
import type { Life } from '#plugins/cache/life.ts'
import type { Named } from '#plugins/cache/name-index.ts'
import { NameIndex } from '#plugins/cache/name-index.ts'
import type { FoldedName } from '#wire/name.ts'

/** Between two times that it is told that a reply is still asked for: each second, that was 3 % of what a query cost. */
const TOUCH_SECONDS = 4

/** Memory that a store may take for each entry of its capacity, in octets, so that huge replies cannot exhaust it. */
const OCTETS_PER_ENTRY = 1024

/** For look-ups that are many: without options lru-cache makes an object for each. It writes into this one what it would have written there: no status. */
const NO_OPTIONS = {}

/** Evicted entries that are remembered: about as many as the packet cache has room for, and fewer where their names are long. */
const MAX_EVICTED = 1 << 15
const MAX_EVICTED_OCTETS = 8 << 20
/** What one takes beside its names, the life it shares with its packets included. */
const EVICTED_OCTETS = 250

/** What is left of an entry that had to make room: as much as is needed to know when what was made of it is no longer good. */
interface Evicted extends Named {
  readonly epoch: number
  readonly life: Life
}

/**
 * Replies by key, those not asked for the longest given up first. What was made of a reply that had to make room stays good
 * until its time is over, its name is dropped, or there is a newer reply: the packet cache needs little room for each, and
 * can hold several times as many as there are entries.
 */
export class Store implements EntryHolder {
  readonly #entries: LRUCache<string, Entry>
  /** Made with the first: it takes some memory however few there are. */
  #evicted: LRUCache<string, Evicted> | null = null
  readonly #names = new NameIndex()
  readonly #epochs: Epochs
  /** Keys of entries that have been asked for again, by epoch. */
  readonly #keys: string[] = []
  readonly touchSeconds: number
  #evictions = 0

  /** `countsRepeats` says that the queries for an entry are counted (`Popularity`). */
  constructor(capacity: number, epochs: Epochs, countsRepeats = false) {
    this.#epochs = epochs
    this.touchSeconds = countsRepeats ? 1 : TOUCH_SECONDS
    const max = storeEntries(capacity)
    this.#entries = new LRUCache({
      max,
      maxSize: max * OCTETS_PER_ENTRY,
      dispose: (entry, key, reason) => {
        if (reason === 'evict') this.#evict(key, entry)
        else this.#close(key, entry)
      },
    })
  }

  get size(): number {
    return this.#entries.size
  }

  /** Whether nothing is stored, and nothing good is left of what was. */
  get isEmpty(): boolean {
    return this.#entries.size === 0 && (this.#evicted === null || this.#evicted.size === 0)
  }

  /** Names that entries are found by, for tests of its memory. */
  get nameCount(): number {
    return this.#names.size
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  /** The same, without saying that it is asked for. */
  peek(key: string): Entry | undefined {
    return this.#entries.peek(key)
  }

  openEpoch(key: string): number {
    const epoch = this.#epochs.open()
    this.#keys[epoch] = key
    return epoch
  }

  epochValue(epoch: number): number {
    return this.#epochs.values[epoch]!
  }

  advanceEpoch(epoch: number): number {
    this.#epochs.advance(epoch)
    return this.epochValue(epoch)
  }

  touch(epoch: number, nowMs: number): boolean {
    const life = this.lifeOf(epoch)
    const popularity = life === null ? null : (this.#entries.peek(this.#keys[epoch]!)?.popularity ?? null)
    if (popularity === null) return true
    return popularity.noteRepeat(nowMs) && !popularity.isLate(life!.remainingSeconds(nowMs), life!.ttlSeconds)
  }

  lifeOf(epoch: number): Life | null {
    const key = this.#keys[epoch]
    if (key === undefined) return null
    return (this.#entries.get(key, NO_OPTIONS) ?? this.#evicted?.get(key, NO_OPTIONS))?.life ?? null
  }

  /** Stores an entry in place of the one with this key; returns how many others had to go. */
  set(key: string, entry: Entry): number {
    this.#evictions = 0
    this.forgetEvicted(key)
    entry.adopt(this, key)
    this.#entries.set(key, entry, { size: entry.sizeOctets })
    // An entry larger than the whole store is not taken.
    if (this.#entries.has(key)) this.#names.add(key, entry)
    return this.#evictions
  }

  /** Gives up the entry with this key, and what was made of it. */
  delete(key: string): void {
    this.#entries.delete(key)
    this.forgetEvicted(key)
  }

  /** Gives up what was made of an entry that had to make room. */
  forgetEvicted(key: string): void {
    this.#evicted?.delete(key)
  }

  /** Has entries about names in these zones found by name from now on. */
  track(zones: readonly FoldedName[]): void {
    this.#names.track(zones)
  }

  /** Gives up all entries about a name. */
  drop(name: FoldedName): void {
    for (const key of this.#names.keysOf(name)) this.delete(key)
  }

  /** Gives up all entries about a name or one below it, or those of them that are meant. */
  dropBelow(name: FoldedName, isMeant: (below: FoldedName) => boolean = () => true): void {
    for (const each of this.#names.below(name)) if (isMeant(each)) this.drop(each)
  }

  #evict(key: string, entry: Entry): void {
    this.#evictions++
    const { epoch, life } = entry
    if (epoch < 0) {
      this.#names.remove(key, entry)
      return
    }
    this.#evicted ??= new LRUCache({
      max: MAX_EVICTED,
      maxSize: MAX_EVICTED_OCTETS,
      dispose: (evicted, old) => this.#close(old, evicted),
    })
    const { targets } = entry
    let size = EVICTED_OCTETS + 2 * key.length
    for (const target of targets) size += target.length
    this.#evicted.set(key, { epoch, life, targets }, { size })
  }

  #close(key: string, entry: Evicted): void {
    this.#names.remove(key, entry)
    if (entry.epoch < 0) return
    this.#epochs.close(entry.epoch)
    this.#keys[entry.epoch] = ''
  }
}

/** How many entries a store with this capacity holds: CoreDNS keeps 256 shards of equal size, with at least four entries each. */
export function storeEntries(capacity: number): number {
  return 256 * Math.max(4, Math.floor(capacity / 256))
}
