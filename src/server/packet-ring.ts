import { randomBelow } from '#lib/random.ts'
import { copyOctets, isSameOctets } from '#server/octet-words.ts'
import { fold } from '#server/packet-key.ts'
import type { PacketLayout } from '#server/packet-layout.ts'
import { HEADER_OCTETS } from '#wire/constants.ts'

/** Memory for packets, in octets. The system gives it as it is first written. */
export const RING_OCTETS: number = 12 << 20
/** Packets begin where cache lines may: what is looked at for one lies in as few as can be. */
const ALIGNMENT = 64

/** Words of a packet's header, 32 bits each. */
const TOTAL_OCTETS = 0
const PLACE = 1
const EPOCH = 2
const EPOCH_VALUE = 3
/** Monotonic milliseconds, a double. */
const UNTIL_MS = 4
const TTL_SECONDS = 6
const REPLY_OCTETS = 7
/** Octets of the query, and where in it letter case no longer counts: 16 bits each. */
const KEY = 8
/** Where the question ends, and the octets of each address that changes places: 16 bits each. */
const QUESTION_END = 9
/** How many TTLs and addresses that change places there are: 16 bits each. */
const COUNTS = 10
/** Octets of the reply without compression, and of the note: 16 bits each. */
const UNCOMPRESSED_AND_NOTE_OCTETS = 11
const HEADER_WORDS = 12

/** The place of room that holds no packet. */
const NOWHERE = -1

/** What a packet is made of. */
export interface PacketParts {
  /** Where it is found; told back when it is given up. */
  readonly place: number
  /** Holds the query from `queryStart` to `queryEnd`. */
  readonly query: Uint8Array
  readonly queryStart: number
  readonly queryEnd: number
  /** Holds the reply from `replyStart` on, `replyOctets` of it; it repeats the question. */
  readonly reply: Uint8Array
  readonly replyStart: number
  readonly replyOctets: number
  readonly layout: PacketLayout
  readonly epoch: number
  readonly epochValue: number
  readonly untilMs: number
  /** The reply's size without compression and OPT record. */
  readonly uncompressedOctets: number
  /** Text in UTF-8 that is kept with it; less than 65,536 octets. */
  readonly note: Uint8Array
}

/**
 * Packets, each a query and the reply to it, in one piece of memory: the newest takes the room of the oldest. A packet is
 * known by where its first octet is, never 0. Layout: header, query, the reply's header after its ID, the reply after its
 * question, then offsets into the reply of TTLs and addresses, 16 bits each, then the note.
 */
export class PacketRing {
  readonly #size: number
  readonly #octets: Buffer
  readonly #words: Int32Array
  readonly #halves: Uint16Array
  readonly #doubles: Float64Array
  readonly #view: DataView
  readonly #onGivenUp: (place: number, at: number) => void
  /**
   * What time it is, in monotonic milliseconds. Handed to a function that V8 does not put into its caller, a number with a fraction is
   * garbage each time.
   */
  nowMs = 0
  /** Room from `#oldest` on is taken, up to `#next`; both only grow, and stand for an offset modulo the ring's size. */
  #oldest = 0
  #next = 0

  /** `size` octets, a multiple of 64. `onGivenUp` is told which packet is no more, and the place that it was added with. */
  constructor(size: number, onGivenUp: (place: number, at: number) => void) {
    this.#size = size
    const memory = new ArrayBuffer(size)
    this.#octets = Buffer.from(memory)
    this.#words = new Int32Array(memory)
    this.#halves = new Uint16Array(memory)
    this.#doubles = new Float64Array(memory)
    this.#view = new DataView(memory)
    this.#onGivenUp = onGivenUp
  }

  /** Puts a packet in and returns where. */
  add(parts: PacketParts): number {
    const { query, queryStart, queryEnd, reply, replyStart, replyOctets, layout, note } = parts
    const { questionEnd, ttlCount, addressCount } = layout
    const queryOctets = queryEnd - queryStart
    const offsetsAt = HEADER_WORDS * 4 + queryOctets + HEADER_OCTETS - 2 + replyOctets - questionEnd
    const at = this.#takeRoom(offsetsAt + 1 + 2 * (ttlCount + addressCount) + note.length)
    const octets = this.#octets
    const key = at + HEADER_WORDS * 4
    for (let i = 0; i < queryOctets; i++) octets[key + i] = query[queryStart + i]!
    const foldedEnd = fold(octets, key, queryOctets)
    const replyAt = key + queryOctets
    for (let i = 2; i < HEADER_OCTETS; i++) octets[replyAt + i - 2] = reply[replyStart + i]!
    const rest = replyAt + HEADER_OCTETS - 2 - questionEnd
    for (let i = questionEnd; i < replyOctets; i++) octets[rest + i] = reply[replyStart + i]!
    const word = at >> 2
    const words = this.#words
    words[word + PLACE] = parts.place
    words[word + EPOCH] = parts.epoch
    words[word + EPOCH_VALUE] = parts.epochValue
    this.#doubles[(word + UNTIL_MS) >> 1] = parts.untilMs
    words[word + TTL_SECONDS] = -1
    words[word + REPLY_OCTETS] = replyOctets
    words[word + KEY] = queryOctets | (foldedEnd << 16)
    words[word + QUESTION_END] = questionEnd | (layout.addressOctets << 16)
    words[word + COUNTS] = ttlCount | (addressCount << 16)
    words[word + UNCOMPRESSED_AND_NOTE_OCTETS] = parts.uncompressedOctets | (note.length << 16)
    const first = this.#offsetsAt(at)
    for (let i = 0; i < ttlCount; i++) this.#halves[first + i] = layout.ttlOffsets[i]!
    for (let i = 0; i < addressCount; i++) this.#halves[first + ttlCount + i] = layout.addressOffsets[i]!
    octets.set(note, this.#noteAt(at))
    return at
  }

  /** Whether the packet's query is the message from `start` to `end`, the ID and the letter case of the name aside. */
  isQuery(at: number, message: DataView, start: number, end: number): boolean {
    const length = this.#words[(at >> 2) + KEY]! & 0xffff
    if (length !== end - start) return false
    const key = at + HEADER_WORDS * 4
    return isSameOctets(message, start + 2, this.#view, key + 2, length - 2) || this.#isInOtherCase(at, message, start)
  }

  /** The same for a name in which there may be capital letters. */
  #isInOtherCase(at: number, message: DataView, start: number): boolean {
    const octets = this.#octets
    const lengths = this.#words[(at >> 2) + KEY]!
    const length = lengths & 0xffff
    const foldedEnd = lengths >>> 16
    const key = at + HEADER_WORDS * 4
    if (!isSameOctets(message, start + 2, this.#view, key + 2, HEADER_OCTETS - 2)) return false
    for (let i = HEADER_OCTETS; i < foldedEnd; i++) {
      const octet = message.getUint8(start + i)
      if (octet !== octets[key + i] && (octet < 0x41 || octet > 0x5a || octet + 0x20 !== octets[key + i])) return false
    }
    return isSameOctets(message, start + foldedEnd, this.#view, key + foldedEnd, length - foldedEnd)
  }

  /** Whether the reply may still be sent; `epochs` are the values by epoch. */
  isGood(at: number, epochs: Uint32Array): boolean {
    return this.nowMs < this.#doubles[((at >> 2) + UNTIL_MS) >> 1]! && this.isUnchanged(at, epochs)
  }

  /** Whether nothing but its time may be over; `epochs` are the values by epoch. */
  isUnchanged(at: number, epochs: Uint32Array): boolean {
    const word = at >> 2
    return epochs[this.#words[word + EPOCH]!] === this.#words[word + EPOCH_VALUE]! >>> 0
  }

  /** Gives the reply time up to a moment in monotonic milliseconds. */
  extend(at: number, untilMs: number): void {
    this.#doubles[((at >> 2) + UNTIL_MS) >> 1] = untilMs
  }

  /** What the reply's being good depends on. */
  epoch(at: number): number {
    return this.#words[(at >> 2) + EPOCH]!
  }

  /** The reply's size without compression and OPT record. */
  uncompressedOctets(at: number): number {
    return this.#words[(at >> 2) + UNCOMPRESSED_AND_NOTE_OCTETS]! & 0xffff
  }

  /** The text that is kept with it. */
  note(at: number): string {
    const octets = this.#words[(at >> 2) + UNCOMPRESSED_AND_NOTE_OCTETS]! >>> 16
    if (octets === 0) return ''
    const start = this.#noteAt(at)
    return this.#octets.toString('utf8', start, start + octets)
  }

  /** Writes the reply to the message at `start`: its ID, its letter case. Returns the reply's length. */
  write(at: number, message: DataView, start: number, out: DataView, outStart: number): number {
    const word = at >> 2
    if (this.#words[word + COUNTS]! >>> 16 !== 0) this.#shuffle(at)
    const questionEnd = this.#words[word + QUESTION_END]! & 0xffff
    const length = this.#words[word + REPLY_OCTETS]!
    const reply = this.#replyAt(at)
    out.setUint16(outStart, message.getUint16(start))
    copyOctets(this.#view, reply, out, outStart + 2, HEADER_OCTETS - 2)
    copyOctets(message, start + HEADER_OCTETS, out, outStart + HEADER_OCTETS, questionEnd - HEADER_OCTETS)
    copyOctets(this.#view, reply + HEADER_OCTETS - 2, out, outStart + questionEnd, length - questionEnd)
    return length
  }

  /** Sets the reply's times to live to what is left of its life, in seconds, and returns it; -1 if they were that. */
  countDown(at: number): number {
    const word = at >> 2
    const ttlSeconds = Math.ceil((this.#doubles[(word + UNTIL_MS) >> 1]! - this.nowMs) / 1000)
    if (ttlSeconds === this.#words[word + TTL_SECONDS]) return -1
    this.#words[word + TTL_SECONDS] = ttlSeconds
    this.#writeTtl(at, ttlSeconds)
    return ttlSeconds
  }

  #writeTtl(at: number, ttlSeconds: number): void {
    const octets = this.#octets
    const rest = this.#restAt(at)
    const first = this.#offsetsAt(at)
    const count = this.#words[(at >> 2) + COUNTS]! & 0xffff
    for (let i = 0; i < count; i++) {
      const ttl = rest + this.#halves[first + i]!
      octets[ttl] = ttlSeconds >>> 24
      octets[ttl + 1] = ttlSeconds >>> 16
      octets[ttl + 2] = ttlSeconds >>> 8
      octets[ttl + 3] = ttlSeconds
    }
  }

  /** Puts the addresses in a random order, all orders equally likely (Fisher and Yates). */
  #shuffle(at: number): void {
    const word = at >> 2
    const rest = this.#restAt(at)
    const counts = this.#words[word + COUNTS]!
    const addressOctets = this.#words[word + QUESTION_END]! >>> 16
    const first = this.#offsetsAt(at) + (counts & 0xffff)
    for (let left = counts >>> 16; left > 1; left--) {
      const picked = randomBelow(left)
      if (picked === left - 1) continue
      this.#swap(rest + this.#halves[first + picked]!, rest + this.#halves[first + left - 1]!, addressOctets)
    }
  }

  #swap(a: number, b: number, count: number): void {
    const octets = this.#octets
    for (let i = 0; i < count; i++) {
      const octet = octets[a + i]!
      octets[a + i] = octets[b + i]!
      octets[b + i] = octet
    }
  }

  /** Where the reply's header after its ID is. */
  #replyAt(at: number): number {
    return at + HEADER_WORDS * 4 + (this.#words[(at >> 2) + KEY]! & 0xffff)
  }

  /** What is to be added to an offset into the reply, beyond its question. */
  #restAt(at: number): number {
    return this.#replyAt(at) + HEADER_OCTETS - 2 - (this.#words[(at >> 2) + QUESTION_END]! & 0xffff)
  }

  /** The index of the first offset, in halves of words. */
  #offsetsAt(at: number): number {
    return (this.#restAt(at) + this.#words[(at >> 2) + REPLY_OCTETS]! + 1) >> 1
  }

  #noteAt(at: number): number {
    const counts = this.#words[(at >> 2) + COUNTS]!
    return 2 * (this.#offsetsAt(at) + (counts & 0xffff) + (counts >>> 16))
  }

  /** Room for so many octets in one piece; packets that are in the way are given up. */
  #takeRoom(octets: number): number {
    const total = (octets + ALIGNMENT - 1) & -ALIGNMENT
    const left = this.#size - (this.#next % this.#size)
    if (total > left) this.#take(left)
    if (this.#next % this.#size === 0) this.#take(ALIGNMENT) // 0 stands for no packet.
    return this.#take(total)
  }

  #take(total: number): number {
    while (this.#oldest + this.#size < this.#next + total) {
      const at = this.#oldest % this.#size
      const place = this.#words[(at >> 2) + PLACE]!
      this.#oldest += this.#words[(at >> 2) + TOTAL_OCTETS]!
      if (place !== NOWHERE) this.#onGivenUp(place, at)
    }
    const at = this.#next % this.#size
    this.#next += total
    this.#words[(at >> 2) + TOTAL_OCTETS] = total
    this.#words[(at >> 2) + PLACE] = NOWHERE
    return at
  }
}
