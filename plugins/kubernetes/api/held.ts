import { RowSlots } from '#lib/row-slots.ts'
import { StringRows } from '#lib/string-rows.ts'
import type { Fingerprint } from '#plugins/kubernetes/api/fingerprint.ts'
import { fingerprintOf, fingerprintWord, NO_FINGERPRINT } from '#plugins/kubernetes/api/fingerprint.ts'
import type { Delta } from '#plugins/kubernetes/index/delta.ts'

/** Words of 32 bits for each object. */
const WORDS = 4
/** Fingerprint of the state. */
const STATE = 0
/** Fingerprint of the octets that it was read from; zeros when they are not known. */
const OCTETS = 2

/** One object that is held, as plain data. */
export interface HeldObject {
  readonly key: string
  /** The fingerprints of its state and of its octets, two words each; zeros for what is not known. */
  readonly words: readonly number[]
  /** The state in JSON, where states are kept; else empty. */
  readonly json: string
}

/**
 * What the index has been told of one resource: for each object its key and 16 octets, in which a change shows. The states
 * themselves are kept only when they are to be saved.
 */
export class Held {
  readonly #kind: Delta['kind']
  readonly #keys = new StringRows()
  #words = new Uint32Array(0)
  /** Rows by the fingerprint of their octets. */
  readonly #byOctets = new RowSlots()
  readonly #json: string[] | null
  /** 1 for each row that a list under way has had; `null` when there is none. */
  #listed: Uint8Array | null = null
  /** How many rows the list under way has had. */
  #listedCount = 0
  /** Keys that the list under way has had for objects that are not held: a snapshot may yet tell of them. */
  readonly #listedUnheld = new Set<string>()

  /** `keepsStates` says whether `states` will be asked for. */
  constructor(kind: Delta['kind'], keepsStates: boolean) {
    this.#kind = kind
    this.#json = keepsStates ? [] : null
  }

  get size(): number {
    return this.#keys.size
  }

  /** The state of every object, in JSON. */
  *states(): Generator<string, void, void> {
    if (this.#json !== null) for (const row of this.#keys.rows()) yield this.#json[row]!
  }

  /** Notes that a list has an object with these octets; false when they may have something new in them. */
  isHeld(octets: Fingerprint): boolean {
    if (octets === NO_FINGERPRINT) return false
    const [first, second] = [fingerprintWord(octets, 0), fingerprintWord(octets, 1)]
    for (let slot = this.#byOctets.first(first); slot >= 0; slot = this.#byOctets.next(slot)) {
      const row = this.#byOctets.rowAt(slot)
      if (this.#words[row * WORDS + OCTETS + 1] !== second) continue
      this.#noteListed(row)
      return true
    }
    return false
  }

  /**
   * Takes an object's state, `undefined` for one that is to stay as it is, and the fingerprint of the octets that it was read
   * from; returns the delta if there is news in it.
   */
  put(key: string, object: Delta['object'] | undefined, octets: Fingerprint): Delta | null {
    if (object === undefined) {
      const row = this.#keys.find(key)
      if (row >= 0) this.#noteListed(row)
      else if (this.#listed !== null) this.#listedUnheld.add(key)
      return null
    }
    if (object === null) return this.remove(key)
    const isNews = this.#hold(key, JSON.stringify(object), octets)
    if (this.#listed !== null) this.#noteListed(this.#keys.find(key))
    return isNews ? this.#delta(key, object) : null
  }

  /** Takes a state from a snapshot, unless something is known of the object already; returns the delta if it was taken. */
  adopt(key: string, json: string): Delta | null {
    if (this.#keys.find(key) >= 0) return null
    this.#hold(key, json, NO_FINGERPRINT)
    if (this.#listedUnheld.has(key)) this.#noteListed(this.#keys.find(key))
    return this.#delta(key, JSON.parse(json) as Delta['object'])
  }

  /** All objects, for another that goes on from them with `restore`. */
  *objects(): Generator<HeldObject, void, void> {
    for (const row of this.#keys.rows()) {
      const words = this.#words.subarray(row * WORDS, (row + 1) * WORDS)
      yield { key: this.#keys.text(row), words: [...words], json: this.#json?.[row] ?? '' }
    }
  }

  /** Takes an object that another has held, and of which the index was told. */
  restore({ key, words, json }: HeldObject): void {
    const row = this.#rowFor(key)
    this.#setOctets(row, words[OCTETS]!, words[OCTETS + 1]!)
    this.#words.set(words.slice(STATE, STATE + 2), row * WORDS + STATE)
    if (this.#json !== null) this.#json[row] = json
  }

  /** The keys of all objects; a copy. */
  keys(): string[] {
    return Array.from(this.#keys.rows(), row => this.#keys.text(row))
  }

  /** Forgets an object; returns the delta if it was held. */
  remove(key: string): Delta | null {
    this.#listedUnheld.delete(key)
    const row = this.#keys.find(key)
    if (row < 0) return null
    this.#setOctets(row, 0, 0)
    this.#keys.remove(row)
    if (this.#listed?.[row] === 1) {
      this.#listed[row] = 0
      this.#listedCount--
    }
    if (this.#json !== null) this.#json[row] = ''
    return this.#delta(key, null)
  }

  /** From now on notes what is put, until `unlisted`; what a list before it had noted is forgotten. */
  beginRelist(): void {
    this.#listed = new Uint8Array(this.#keys.capacity)
    this.#listedCount = 0
    this.#listedUnheld.clear()
  }

  /** The keys that were not put since `beginRelist`: objects that are gone. */
  unlisted(): string[] {
    const listed = this.#listed
    this.#listed = null
    this.#listedUnheld.clear()
    // Most often all of them were, and looking at each would take milliseconds.
    if (listed === null || this.#listedCount === this.#keys.size) return []
    const gone: string[] = []
    for (const row of this.#keys.rows()) if (listed[row] !== 1) gone.push(this.#keys.text(row))
    return gone
  }

  /** Whether the state is another than the one that was held. */
  #hold(key: string, json: string, octets: Fingerprint): boolean {
    const size = this.#keys.size
    const row = this.#rowFor(key)
    const isKnown = octets !== NO_FINGERPRINT
    this.#setOctets(row, isKnown ? fingerprintWord(octets, 0) : 0, isKnown ? fingerprintWord(octets, 1) : 0)
    const state = fingerprintOf(json)
    const isNew = this.#keys.size > size
    const at = row * WORDS + STATE
    const [first, second] = [fingerprintWord(state, 0), fingerprintWord(state, 1)]
    if (!isNew && this.#words[at] === first && this.#words[at + 1] === second) return false
    this.#words[at] = first
    this.#words[at + 1] = second
    if (this.#json !== null) this.#json[row] = json
    return true
  }

  #rowFor(key: string): number {
    const row = this.#keys.add(key)
    if (row * WORDS >= this.#words.length) this.#words = longer(this.#words, this.#keys.capacity * WORDS)
    return row
  }

  /** Notes the two halves of a fingerprint, or zeros. */
  #setOctets(row: number, first: number, second: number): void {
    const at = row * WORDS + OCTETS
    const before = this.#words[at]!
    if (before !== 0 || this.#words[at + 1] !== 0) this.#byOctets.remove(before, row)
    this.#words[at] = first
    this.#words[at + 1] = second
    if (first !== 0 || second !== 0) this.#byOctets.add(first, row)
  }

  #noteListed(row: number): void {
    if (this.#listed === null) return
    if (row >= this.#listed.length) {
      const listed = this.#listed
      this.#listed = new Uint8Array(this.#keys.capacity)
      this.#listed.set(listed)
    }
    if (this.#listed[row] === 1) return
    this.#listed[row] = 1
    this.#listedCount++
  }

  #delta(key: string, object: Delta['object']): Delta {
    return { kind: this.#kind, key, object } as Delta
  }
}

function longer(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const copy = new Uint32Array(length)
  copy.set(array)
  return copy
}
