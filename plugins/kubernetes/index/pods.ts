import { StringRows } from '#lib/string-rows.ts'
import { parseAddress } from '#plugins/kubernetes/index/address.ts'
import type { PodState } from '#plugins/kubernetes/index/delta.ts'

/** The end of a list of rows. */
const NONE = -1

/**
 * The pods of a cluster by key and by address. There may be hundreds of thousands: a pod takes its key, its address and some 40
 * octets, none of them on the JavaScript heap, and is made an object when somebody asks for it.
 */
export class Pods {
  /** `namespace/name` of each pod. */
  readonly #keys = new StringRows()
  readonly #addresses = new StringRows()
  /** The row of each pod's address; `NONE` for a pod whose address is none. */
  #addressOf = new Int32Array(0)
  /** The pod that came next among those with the same address. */
  #next = new Int32Array(0)
  /** The pod that came first with each address. */
  #first = new Int32Array(0)
  /** The address as it was told, of the few pods for which it is not the one form that addresses are compared by. */
  readonly #spellings = new Map<number, string>()
  readonly #labels = new Map<number, NonNullable<PodState['labels']>>()

  /** How many pods and addresses there are. */
  get size(): number {
    return this.#keys.size + this.#addresses.size
  }

  /** A pod by `namespace/name`. */
  get(key: string): PodState | undefined {
    const row = this.#keys.find(key)
    return row < 0 ? undefined : this.#state(row)
  }

  /** The pods that have an address, by its key, in the order in which they came. */
  at(address: string): PodState[] {
    const states: PodState[] = []
    for (let row = this.#firstAt(address); row !== NONE; row = this.#next[row]!) states.push(this.#state(row))
    return states
  }

  /** Whether one of the pods that have an address, by its key, is in a namespace that `isIt` accepts. */
  isAt(address: string, isIt: (namespace: string) => boolean): boolean {
    for (let row = this.#firstAt(address); row !== NONE; row = this.#next[row]!) {
      const key = this.#keys.text(row)
      if (isIt(key.slice(0, key.indexOf('/')))) return true
    }
    return false
  }

  /** Every pod, with its key. */
  *all(): Generator<[key: string, pod: PodState], void, void> {
    for (const row of this.#keys.rows()) yield [this.#keys.text(row), this.#state(row)]
  }

  /** Puts a pod in the place of the one that had its key, or `null` for none. */
  apply(key: string, pod: PodState | null): void {
    this.#delete(key)
    if (pod !== null) this.#add(key, pod)
  }

  #add(key: string, { ip, labels }: PodState): void {
    const row = this.#keys.add(key)
    if (row >= this.#next.length) {
      this.#next = longer(this.#next, this.#keys.capacity)
      this.#addressOf = longer(this.#addressOf, this.#keys.capacity)
    }
    const address = parseAddress(ip)?.key ?? ''
    if (ip !== address || ip === '') this.#spellings.set(row, ip)
    if (labels !== undefined) this.#labels.set(row, labels)
    this.#next[row] = NONE
    this.#addressOf[row] = address === '' ? NONE : this.#append(address, row)
  }

  #delete(key: string): void {
    const row = this.#keys.find(key)
    if (row < 0) return
    if (this.#addressOf[row] !== NONE) this.#unlink(this.#addressOf[row]!, row)
    this.#keys.remove(row)
    this.#spellings.delete(row)
    this.#labels.delete(row)
  }

  #state(row: number): PodState {
    const key = this.#keys.text(row)
    const slash = key.indexOf('/')
    const ip = this.#spellings.get(row) ?? this.#addresses.text(this.#addressOf[row]!)
    const labels = this.#labels.get(row)
    return {
      namespace: key.slice(0, slash),
      name: key.slice(slash + 1),
      ip,
      ...(labels === undefined ? {} : { labels }),
    }
  }

  #firstAt(address: string): number {
    const at = this.#addresses.find(address)
    return at < 0 ? NONE : this.#first[at]!
  }

  /** Adds a row to those of an address, as the last; gives back the row of the address. */
  #append(address: string, row: number): number {
    const size = this.#addresses.size
    const at = this.#addresses.add(address)
    if (at >= this.#first.length) this.#first = longer(this.#first, this.#addresses.capacity)
    if (this.#addresses.size > size) {
      this.#first[at] = row
      return at
    }
    let last = this.#first[at]!
    while (this.#next[last] !== NONE) last = this.#next[last]!
    this.#next[last] = row
    return at
  }

  #unlink(at: number, row: number): void {
    const next = this.#next[row]!
    if (this.#first[at] === row) {
      if (next === NONE) this.#addresses.remove(at)
      else this.#first[at] = next
      return
    }
    let before = this.#first[at]!
    while (this.#next[before] !== row) before = this.#next[before]!
    this.#next[before] = next
  }
}

function longer(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(length)
  copy.set(array)
  return copy
}
