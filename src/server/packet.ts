import { randomBelow } from '#lib/random.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { uncompressedOctets } from '#plugin/reply-size.ts'
import type { Reuse } from '#plugin/reuse.ts'
import { HEADER_OCTETS, Type } from '#wire/constants.ts'

/** A finished reply and the message that it answers. */
export class Packet {
  /** The query's octets, its name folded. */
  readonly key: Uint8Array
  /** Where in the key the part ends in which letter case does not count. */
  readonly foldedEnd: number
  readonly isStream: boolean
  /** The query as the observers see it; ID and peer are set anew for each asker. */
  readonly query: Query
  readonly reply: Reply
  readonly reuse: Reuse
  readonly epochValue: number
  /** The reply's size without compression and OPT record. */
  readonly uncompressedOctets: number
  readonly #octets: Uint8Array
  readonly #questionEnd: number
  readonly #ttlOffsets: Uint16Array
  /** Where the addresses are that change places, of `#addressOctets` each; empty when none do. */
  readonly #addressOffsets: Uint16Array
  readonly #addressOctets: number
  #ttlSeconds = -1

  constructor(
    key: Uint8Array,
    foldedEnd: number,
    query: Query,
    reply: Reply,
    octets: Uint8Array,
    layout: PacketLayout,
  ) {
    this.key = key
    this.foldedEnd = foldedEnd
    this.isStream = query.isStream
    this.query = query
    this.reply = reply
    this.reuse = reply.reuse!
    this.epochValue = this.reuse.epoch.value
    this.uncompressedOctets = uncompressedOctets(query, reply)
    this.#octets = octets
    this.#questionEnd = layout.questionEnd
    this.#ttlOffsets = layout.ttlOffsets
    this.#addressOffsets = layout.addressOffsets
    this.#addressOctets = layout.addressOctets
  }

  /** Whether the reply may still be sent. */
  isGood(nowMs: number): boolean {
    return nowMs < this.reuse.untilMs && this.reuse.epoch.value === this.epochValue
  }

  /** Writes the reply to the message at `from` of `message`: its ID, its letter case, the time to live of now. */
  write(message: Uint8Array, from: number, out: Uint8Array, start: number, nowMs: number): number {
    if (this.reuse.countsDown) this.#countDown(nowMs)
    if (this.#addressOffsets.length > 1) this.#shuffle()
    const octets = this.#octets
    const questionEnd = this.#questionEnd
    out[start] = message[from]!
    out[start + 1] = message[from + 1]!
    for (let i = 2; i < HEADER_OCTETS; i++) out[start + i] = octets[i]!
    for (let i = HEADER_OCTETS; i < questionEnd; i++) out[start + i] = message[from + i]!
    for (let i = questionEnd; i < octets.length; i++) out[start + i] = octets[i]!
    return octets.length
  }

  #countDown(nowMs: number): void {
    const ttlSeconds = Math.ceil((this.reuse.untilMs - nowMs) / 1000)
    if (ttlSeconds === this.#ttlSeconds) return
    this.#ttlSeconds = ttlSeconds
    const octets = this.#octets
    for (const at of this.#ttlOffsets) {
      octets[at] = ttlSeconds >>> 24
      octets[at + 1] = ttlSeconds >>> 16
      octets[at + 2] = ttlSeconds >>> 8
      octets[at + 3] = ttlSeconds
    }
    this.reuse.touch()
  }

  /** Puts the addresses in a random order, all orders equally likely (Fisher and Yates). */
  #shuffle(): void {
    const offsets = this.#addressOffsets
    for (let left = offsets.length; left > 1; left--) {
      const picked = randomBelow(left)
      if (picked !== left - 1) this.#swap(offsets[picked]!, offsets[left - 1]!)
    }
  }

  #swap(a: number, b: number): void {
    const octets = this.#octets
    for (let i = 0; i < this.#addressOctets; i++) {
      const octet = octets[a + i]!
      octets[a + i] = octets[b + i]!
      octets[b + i] = octet
    }
  }
}

/** Where things stand in a reply that were found once so as not to be looked for again. */
export interface PacketLayout {
  readonly questionEnd: number
  readonly ttlOffsets: Uint16Array
  readonly addressOffsets: Uint16Array
  readonly addressOctets: number
}

const NO_OFFSETS = new Uint16Array(0)

/**
 * Finds the layout of a reply that this server composed. `null` when addresses are to be `shuffled` and their order is more
 * than a matter of changing places within one RRset of the answer section, which is all that a packet can do.
 */
export function layoutOf(octets: Uint8Array, shuffled: boolean): PacketLayout | null {
  const questionEnd = skipName(octets, HEADER_OCTETS) + 4
  const ttlOffsets: number[] = []
  const records = countAt(octets, 3) + countAt(octets, 4) + countAt(octets, 5)
  const isShuffled = shuffled && records > 1
  const sets = new Map<string, number[]>()
  let at = questionEnd
  for (let section = 3; section <= 5; section++) {
    for (let count = countAt(octets, section); count > 0; count--) {
      const ownerAt = at
      at = skipName(octets, at)
      const type = (octets[at]! << 8) | octets[at + 1]!
      if (type !== Type.OPT) ttlOffsets.push(at + 4)
      if (isShuffled && (type === Type.A || type === Type.AAAA || type === Type.MX)) {
        const set = `${section} ${type} ${nameText(octets, ownerAt)}`
        const offsets = sets.get(set)
        if (offsets === undefined) sets.set(set, [at + 10])
        else offsets.push(at + 10)
      }
      at += 10 + ((octets[at + 8]! << 8) | octets[at + 9]!)
    }
  }
  const several = [...sets].filter(([, offsets]) => offsets.length > 1)
  const base = { questionEnd, ttlOffsets: Uint16Array.from(ttlOffsets) }
  if (several.length === 0) return { ...base, addressOffsets: NO_OFFSETS, addressOctets: 0 }
  const [set, offsets] = several[0]!
  const [section, type] = set.split(' ', 2)
  if (several.length > 1 || section !== '3' || type === String(Type.MX)) return null
  const addressOctets = type === String(Type.A) ? 4 : 16
  return { ...base, addressOffsets: Uint16Array.from(offsets), addressOctets }
}

function countAt(octets: Uint8Array, field: number): number {
  return (octets[field * 2]! << 8) | octets[field * 2 + 1]!
}

/** The offset after the name at `at`, which is well formed. */
function skipName(octets: Uint8Array, at: number): number {
  while (octets[at] !== 0) {
    if (octets[at]! >= 0xc0) return at + 2
    at += 1 + octets[at]!
  }
  return at + 1
}

/** The name at `at`, pointers followed: the same text for the same name. */
function nameText(octets: Uint8Array, at: number): string {
  let text = ''
  for (;;) {
    const length = octets[at]!
    if (length === 0) return text
    if (length >= 0xc0) at = ((length & 0x3f) << 8) | octets[at + 1]!
    else {
      text += `${Buffer.from(octets.subarray(at + 1, at + 1 + length)).toString('hex')}.`
      at += 1 + length
    }
  }
}
