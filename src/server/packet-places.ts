import type { PacketRing } from '#server/packet-ring.ts'

/** Sets of places and places in each, powers of two: the most packets that are kept is their product. */
const SETS = 1 << 13
const WAYS = 8
const WAY_BITS = 3
/** As long as so many places of its first set are free, a packet goes there: of 26,000 names 2 % are then in their second set. */
const SPARE_WAYS = 3
/**
 * Words of a set: for each place the hash of its packet, then where that is, all in the cache line that a hit looks at; then
 * hashes that were not found lately, and which place is taken next.
 */
const SET_WORDS = 32
const PACKETS = WAYS
const MISSED = 2 * WAYS
const TURN = 3 * WAYS

/** How many places there are; they are the numbers from 0 on. */
export const PLACES: number = SETS * WAYS

/**
 * Where packets are found by their hash. A hash has the places of one set, and of a second one when those are nearly taken: with one
 * set alone, 2 % of 26,000 names pushed each other out again and again.
 */
export class PacketPlaces {
  readonly #sets: Int32Array = new Int32Array(SETS * SET_WORDS)
  readonly #ring: PacketRing

  constructor(ring: PacketRing) {
    this.#ring = ring
  }

  /** The place of the packet whose query is the message from `start` to `end`, -1 if there is none. */
  find(hash: number, message: DataView, start: number, end: number): number {
    const place = this.#findIn(firstSet(hash), hash, message, start, end)
    return place >= 0 ? place : this.#findIn(secondSet(hash), hash, message, start, end)
  }

  /** Where the packet in a place is, 0 if there is none. */
  packetAt(place: number): number {
    return this.#sets[wordOf(place) + PACKETS]!
  }

  /** Says which packet is in a place from now on. */
  put(place: number, hash: number, packet: number): void {
    this.#sets[wordOf(place)] = hash
    this.#sets[wordOf(place) + PACKETS] = packet
  }

  clear(place: number): void {
    this.#sets[wordOf(place) + PACKETS] = 0
  }

  /** A place for a packet of this hash: a free one in its first set, or in the second while that has more; else that whose turn it is. */
  take(hash: number): number {
    let index = firstSet(hash)
    let free = this.#freeWays(index)
    if (free < SPARE_WAYS) {
      const freeInSecond = this.#freeWays(secondSet(hash))
      if (freeInSecond > free) {
        index = secondSet(hash)
        free = freeInSecond
      }
    }
    return (index << WAY_BITS) | (free > 0 ? this.#freeWay(index) : this.#nextWay(index))
  }

  /** Whether this hash has been noticed lately; from now on it has. */
  notice(hash: number): boolean {
    const sets = this.#sets
    const missed = firstSet(hash) * SET_WORDS + MISSED
    for (let at = missed; at < missed + WAYS; at++) if (sets[at] === hash) return true
    for (let at = missed + WAYS - 1; at > missed; at--) sets[at] = sets[at - 1]!
    sets[missed] = hash
    return false
  }

  #findIn(index: number, hash: number, message: DataView, start: number, end: number): number {
    const sets = this.#sets
    const set = index * SET_WORDS
    for (let way = 0; way < WAYS; way++) {
      if (sets[set + way] !== hash) continue
      const packet = sets[set + PACKETS + way]!
      if (packet !== 0 && this.#ring.isQuery(packet, message, start, end)) return (index << WAY_BITS) | way
    }
    return -1
  }

  #freeWays(index: number): number {
    const packets = index * SET_WORDS + PACKETS
    let free = 0
    for (let way = 0; way < WAYS; way++) if (this.#sets[packets + way] === 0) free++
    return free
  }

  #freeWay(index: number): number {
    const packets = index * SET_WORDS + PACKETS
    let way = 0
    while (this.#sets[packets + way] !== 0) way++
    return way
  }

  #nextWay(index: number): number {
    const turn = index * SET_WORDS + TURN
    const way = this.#sets[turn]!
    this.#sets[turn] = (way + 1) % WAYS
    return way
  }
}

function firstSet(hash: number): number {
  return hash & (SETS - 1)
}

function secondSet(hash: number): number {
  return (hash >>> 16) & (SETS - 1)
}

/** Where the hash of a place's packet is. */
function wordOf(place: number): number {
  return (place >> WAY_BITS) * SET_WORDS + (place & (WAYS - 1))
}
