const MIN_SLOTS = 16

/**
 * Finds rows of a table by a hash: an open hash table of row numbers, 8 octets a slot, outside of the JavaScript heap. What
 * a row is, and whether it is the one that is sought, is its owner's to say:
 *
 *     for (let slot = slots.first(hash); slot >= 0; slot = slots.next(slot)) if (isIt(slots.rowAt(slot))) ...
 */
export class RowSlots {
  /** Row number + 1, or 0 for a free slot. A row is found by going on from where its hash points to, up to a free slot. */
  #rows = new Uint32Array(MIN_SLOTS)
  #hashes = new Uint32Array(MIN_SLOTS)
  #used = 0

  /** The first slot whose row has a hash (0 to 2^32 - 1); -1 for none. */
  first(hash: number): number {
    return this.#scan(hash & (this.#rows.length - 1), hash)
  }

  /** The next slot whose row has the same hash as that of a slot; -1 for none. */
  next(slot: number): number {
    return this.#scan((slot + 1) & (this.#rows.length - 1), this.#hashes[slot]!)
  }

  /** The row of a slot that `first` or `next` gave. */
  rowAt(slot: number): number {
    return this.#rows[slot]! - 1
  }

  add(hash: number, row: number): void {
    if (++this.#used * 4 > this.#rows.length * 3) this.#grow()
    this.#put(hash, row)
  }

  /** Takes out a row that was added with a hash. */
  remove(hash: number, row: number): void {
    let hole = this.first(hash)
    while (hole >= 0 && this.rowAt(hole) !== row) hole = this.next(hole)
    if (hole < 0) return
    this.#used--
    const mask = this.#rows.length - 1
    // Rows that would no longer be found beyond the hole move into it.
    for (let at = (hole + 1) & mask; this.#rows[at] !== 0; at = (at + 1) & mask) {
      const distance = (at - (this.#hashes[at]! & mask)) & mask
      if (distance < ((at - hole) & mask)) continue
      this.#rows[hole] = this.#rows[at]!
      this.#hashes[hole] = this.#hashes[at]!
      hole = at
    }
    this.#rows[hole] = 0
  }

  #scan(from: number, hash: number): number {
    const mask = this.#rows.length - 1
    for (let slot = from; this.#rows[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#hashes[slot] === hash) return slot
    }
    return -1
  }

  #put(hash: number, row: number): void {
    const mask = this.#rows.length - 1
    let slot = hash & mask
    while (this.#rows[slot] !== 0) slot = (slot + 1) & mask
    this.#rows[slot] = row + 1
    this.#hashes[slot] = hash
  }

  #grow(): void {
    const rows = this.#rows
    const hashes = this.#hashes
    this.#rows = new Uint32Array(rows.length * 2)
    this.#hashes = new Uint32Array(rows.length * 2)
    for (let slot = 0; slot < rows.length; slot++) if (rows[slot] !== 0) this.#put(hashes[slot]!, rows[slot]! - 1)
  }
}
