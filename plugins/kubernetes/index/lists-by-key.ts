/** Lists of things by key, of which nearly all have one thing: only a second one makes a list. */
export class ListsByKey<K, T extends object> {
  readonly #values = new Map<K, T | List<T>>()

  /** How many keys there are. */
  get size(): number {
    return this.#values.size
  }

  keys(): IterableIterator<K> {
    return this.#values.keys()
  }

  /** The things with a key, in the order in which they were added; none for an unknown key. */
  get(key: K): readonly T[] {
    const value = this.#values.get(key)
    return value === undefined ? [] : value instanceof List ? value.things : [value]
  }

  add(key: K, thing: T): void {
    const value = this.#values.get(key)
    if (value === undefined) this.#values.set(key, thing)
    else if (value instanceof List) value.things.push(thing)
    else this.#values.set(key, new List(value, thing))
  }

  /** Takes a thing out that was added, once. */
  remove(key: K, thing: T): void {
    const value = this.#values.get(key)
    if (value === thing) this.#values.delete(key)
    if (!(value instanceof List)) return
    const at = value.things.indexOf(thing)
    if (at >= 0) value.things.splice(at, 1)
    if (value.things.length === 0) this.#values.delete(key)
  }
}

/** More than one thing, or what is left of them. */
class List<T> {
  readonly things: T[]

  constructor(...things: T[]) {
    this.things = things
  }
}
