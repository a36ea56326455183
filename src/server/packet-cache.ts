import type { Peer } from '#lib/peer.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import type { ReplyObserver } from '#plugin/reuse.ts'
import { layoutOf, Packet } from '#server/packet.ts'
import { Flag, HEADER_OCTETS } from '#wire/constants.ts'

/** Sets of places, a power of two, and places in each: the most packets that are kept is their product. */
const SETS = 1 << 13
const WAYS = 4
/** Larger queries and replies are not kept: memory is at most the places times these. */
const MAX_KEY_OCTETS = 320
const MAX_REPLY_OCTETS = 1232

/** How the replies of a server block are reused. */
export interface BlockReuse {
  /** Whether addresses are put in random order. */
  readonly shuffles: boolean
  /** Who is told of each reply that is sent again. */
  readonly observers: readonly ReplyObserver[]
}

/**
 * Finished replies by the octets of the query: everything after the ID, the name's letter case aside. A reply goes in when
 * its query comes for the second time, so that a stream of random names leaves nothing behind. A query has the places of
 * one set, which packets take in turn.
 */
export class PacketCache {
  readonly #packets: (Packet | null)[] = new Array(SETS * WAYS).fill(null)
  readonly #observers: (readonly ReplyObserver[])[] = new Array(SETS * WAYS).fill([])
  /** The hash of each place's packet: looked at before the packet, which is somewhere else in memory. */
  readonly #hashes = new Int32Array(SETS * WAYS)
  /** Hashes that were not found lately, as many as a set has places. */
  readonly #missed = new Int32Array(SETS * WAYS)
  /** The place of each set that is taken next. */
  readonly #next = new Uint8Array(SETS)
  /** Of the message that `serve` was last asked about. */
  #hash = 0
  #isKnown = false

  /** Answers the message from `start` to `end` if its reply is here and good; returns the reply's length, else 0. */
  serve(
    message: Uint8Array,
    start: number,
    end: number,
    peer: Peer,
    isStream: boolean,
    out: Uint8Array,
    outStart: number,
    nowMs: number,
  ): number {
    const hash = hashOf(message, start, end)
    this.#hash = hash
    const first = (hash & (SETS - 1)) * WAYS
    for (let place = first; place < first + WAYS; place++) {
      if (this.#hashes[place] !== hash) continue
      const packet = this.#packets[place]!
      if (packet === null || packet.isStream !== isStream || !isSame(packet, message, start, end)) continue
      if (!packet.isGood(nowMs)) {
        this.#packets[place] = null
        this.#isKnown = true // Its reply goes in again as soon as there is one.
        return 0
      }
      const length = packet.write(message, start, out, outStart, nowMs)
      const { query } = packet
      query.id = (message[start]! << 8) | message[start + 1]!
      query.peer = peer
      query.receivedAtMs = nowMs
      this.#tell(packet, this.#observers[place]!)
      return length
    }
    this.#isKnown = this.#notice(hash, first)
    return 0
  }

  /**
   * Keeps the reply to the message that `serve` was last asked about, if it may be reused. `octets` holds the reply from
   * `from` on, `length` octets of it.
   */
  store(
    message: Uint8Array,
    start: number,
    end: number,
    query: Query,
    reply: Reply,
    block: BlockReuse,
    octets: Uint8Array,
    from: number,
    length: number,
  ): void {
    if (!this.#isKnown || reply.delivery !== Delivery.WRITTEN || reply.error !== null) return
    if (end - start > MAX_KEY_OCTETS || length > MAX_REPLY_OCTETS) return
    if ((octets[from + 2]! & (Flag.TC >> 8)) !== 0) return
    const kept = octets.slice(from, from + length)
    const layout = layoutOf(kept, block.shuffles)
    if (layout === null) return
    const key = message.slice(start, end)
    const foldedEnd = fold(key)
    const copy = query.copy()
    copy.ednsOptions = copy.ednsOptions.slice()
    const place = this.#take(this.#hash)
    this.#packets[place] = new Packet(key, foldedEnd, copy, reply, kept, layout)
    this.#hashes[place] = this.#hash
    this.#observers[place] = block.observers
  }

  #tell(packet: Packet, observers: readonly ReplyObserver[]): void {
    const { counters } = packet.reuse
    for (let i = 0; i < counters.length; i++) counters[i]!.inc()
    for (let i = 0; i < observers.length; i++) observers[i]!(packet.query, packet.reply, 0, packet.uncompressedOctets)
  }

  /** Whether this hash has been noticed lately; from now on it has. */
  #notice(hash: number, first: number): boolean {
    const missed = this.#missed
    for (let place = first; place < first + WAYS; place++) if (missed[place] === hash) return true
    for (let place = first + WAYS - 1; place > first; place--) missed[place] = missed[place - 1]!
    missed[first] = hash
    return false
  }

  /** A place for a packet: that of the same hash or an empty one if there is one, else that whose turn it is. */
  #take(hash: number): number {
    const set = hash & (SETS - 1)
    const first = set * WAYS
    for (let place = first; place < first + WAYS; place++) {
      if (this.#packets[place] === null || this.#hashes[place] === hash) return place
    }
    const turn = this.#next[set]!
    this.#next[set] = (turn + 1) % WAYS
    return first + turn
  }
}

/** A hash of everything after the ID in which letters of either case count the same. */
function hashOf(message: Uint8Array, start: number, end: number): number {
  let hash = ((message[start + 2]! << 8) | message[start + 3]!) ^ ((end - start) << 16)
  hash = Math.imul(hash ^ message[start + 11]!, 0x9e3779b1)
  let at = start + HEADER_OCTETS
  for (; at + 4 <= end; at += 4) {
    const word = message[at]! | (message[at + 1]! << 8) | (message[at + 2]! << 16) | (message[at + 3]! << 24)
    hash = Math.imul(hash ^ (word | 0x20202020), 0x85ebca6b)
    hash ^= hash >>> 13
  }
  for (; at < end; at++) hash = Math.imul(hash ^ (message[at]! | 0x20), 0xc2b2ae35)
  return hash ^ (hash >>> 15)
}

function isSame(packet: Packet, message: Uint8Array, start: number, end: number): boolean {
  const { key, foldedEnd } = packet
  if (key.length !== end - start) return false
  for (let i = 2; i < HEADER_OCTETS; i++) if (message[start + i] !== key[i]) return false
  for (let i = HEADER_OCTETS; i < foldedEnd; i++) {
    const octet = message[start + i]!
    if (octet !== key[i] && (octet < 0x41 || octet > 0x5a || octet + 0x20 !== key[i])) return false
  }
  for (let i = foldedEnd; i < key.length; i++) if (message[start + i] !== key[i]) return false
  return true
}

/**
 * Folds a key's name in place, up to its first zero octet, and returns where that is. That is the name's end unless a label
 * holds a zero octet; what comes after such a one is then compared as it is, which is merely stricter. Length octets are
 * below 'A'.
 */
function fold(key: Uint8Array): number {
  let at = HEADER_OCTETS
  for (; at < key.length && key[at] !== 0; at++) {
    const octet = key[at]!
    if (octet >= 0x41 && octet <= 0x5a) key[at] = octet + 0x20
  }
  return at
}
