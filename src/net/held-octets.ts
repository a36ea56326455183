/** Who can be cut off. */
export interface Holder {
  destroy(): void
}

/**
 * How many octets the clients of a listener make it keep: messages of which more must come, queries not read yet, and answers that
 * are not taken. Each may have its share, but not all of them at once.
 */
export class HeldOctets {
  /** By connection, those that began first first; who has none is not in it. */
  readonly #octets = new Map<Holder, number>()
  #total = 0

  /** Octets of all together. */
  get total(): number {
    return this.#total
  }

  /** Notes how many are held for `holder` now, where that has changed. */
  note(holder: Holder, octets: number): void {
    const before = this.#octets.get(holder) ?? 0
    if (octets === before) return
    this.#total += octets - before
    if (octets === 0) this.#octets.delete(holder)
    else this.#octets.set(holder, octets)
  }

  /** Cuts off those for whom some are held the longest, until there are at most `maxOctets`; returns how many it were. */
  cutTo(maxOctets: number): number {
    let count = 0
    for (const holder of this.#octets.keys()) {
      if (this.#total <= maxOctets) break
      this.note(holder, 0)
      holder.destroy()
      count++
    }
    return count
  }
}
