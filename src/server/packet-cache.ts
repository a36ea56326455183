import type { Peer } from '#lib/peer.ts'
import type { Epochs } from '#plugin/epochs.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import { uncompressedOctets } from '#plugin/reply-size.ts'
import type { ReplyObserver } from '#plugin/reuse.ts'
import { WordView } from '#server/octet-words.ts'
import type { Audience, Told } from '#server/packet-audience.ts'
import { Audiences } from '#server/packet-audience.ts'
import { hashOf } from '#server/packet-key.ts'
import { PacketLayout } from '#server/packet-layout.ts'
import { PacketPlaces, PLACES } from '#server/packet-places.ts'
import { PacketRing, RING_OCTETS } from '#server/packet-ring.ts'
import { Flag, HEADER_OCTETS } from '#wire/constants.ts'

/** Larger queries and replies are not kept. */
const MAX_KEY_OCTETS = 320
const MAX_REPLY_OCTETS = 1232
/** Replies with longer notes are not kept: a name is 1,004 characters at most, in a note. */
const MAX_NOTE_OCTETS = 2048

/** How the replies of a server block are reused. */
export interface BlockReuse {
  /** Whether addresses are put in random order. */
  readonly shuffles: boolean
  /** Who is told of each reply that is sent again. */
  readonly observers: readonly ReplyObserver[]
}

/**
 * Finished replies by the octets of the query: everything after the ID, the name's letter case aside. A reply goes in when
 * its query comes for the second time, so that a stream of random names leaves nothing behind.
 *
 * What a hit needs lies in few cache lines: its set of places, its packet, and an audience that many packets share.
 */
export class PacketCache {
  readonly #epochs: Epochs
  readonly #ring: PacketRing
  readonly #places: PacketPlaces
  readonly #layout = new PacketLayout()
  readonly #messages = new WordView()
  readonly #replies = new WordView()
  /** By place; made with the first packet. */
  #audiences: (Audience | null)[] = []
  readonly #recent = new Audiences()
  /** Of the message that `serve` was last asked about. */
  #hash = 0
  #isKnown = false

  constructor(epochs: Epochs) {
    this.#epochs = epochs
    this.#ring = new PacketRing(RING_OCTETS, (place, at) => {
      if (this.#places.packetAt(place) === at) this.#clear(place)
    })
    this.#places = new PacketPlaces(this.#ring)
  }

  /** Says what time it is, in monotonic milliseconds, for the messages that follow. */
  begin(nowMs: number): void {
    this.#ring.nowMs = nowMs
  }

  /** Answers the message from `start` to `end` if its reply is here and good; returns the reply's length, else 0. */
  serve(
    message: Uint8Array,
    start: number,
    end: number,
    peer: Peer,
    isStream: boolean,
    out: Uint8Array,
    outStart: number,
  ): number {
    if (end - start < HEADER_OCTETS) {
      this.#isKnown = false
      return 0
    }
    const view = this.#messages.of(message)
    const hash = hashOf(view, start, end, isStream)
    this.#hash = hash
    const place = this.#places.find(hash, view, start, end)
    if (place < 0) {
      this.#isKnown = this.#places.notice(hash)
      return 0
    }
    const at = this.#places.packetAt(place)
    const audience = this.#audiences[place]!
    let told: Told | null = audience.ofRepeats
    if (!this.#ring.isGood(at, this.#epochs.values)) {
      told = this.#renew(at, audience)
      if (told === null) return this.#giveUp(place)
    }
    if (audience.countsDown) {
      const ttlSeconds = this.#ring.countDown(at)
      if (ttlSeconds >= 0 && !this.#touch(at, audience, ttlSeconds)) return this.#giveUp(place)
    }
    const { counters, observers } = told
    const length = this.#ring.write(at, view, start, this.#replies.of(out), outStart)
    for (let i = 0; i < counters.length; i++) counters[i]!.inc()
    const id = view.getUint16(start)
    const octets = this.#ring.uncompressedOctets(at)
    const note = this.#ring.note(at)
    for (let i = 0; i < observers.length; i++) observers[i]!.observe(peer, id, end - start, octets, note)
    return length
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
    const { reuse } = reply
    if (!this.#isKnown || reuse === null || reply.delivery !== Delivery.WRITTEN || reply.error !== null) return
    if (end - start > MAX_KEY_OCTETS || length > MAX_REPLY_OCTETS) return
    if ((octets[from + 2]! & (Flag.TC >> 8)) !== 0) return
    if (!this.#layout.read(octets, from, block.shuffles)) return
    const note = noteOf(query, reply, block.observers)
    if (note.length > MAX_NOTE_OCTETS) return
    reuse.keep()
    if (this.#audiences.length === 0) this.#audiences = new Array(PLACES).fill(null)
    const place = this.#places.take(this.#hash)
    const at = this.#ring.add({
      place,
      query: message,
      queryStart: start,
      queryEnd: end,
      reply: octets,
      replyStart: from,
      replyOctets: length,
      layout: this.#layout,
      epoch: reuse.epoch,
      epochValue: reuse.epochValue,
      untilMs: reuse.untilMs,
      uncompressedOctets: uncompressedOctets(query, reply),
      note,
    })
    this.#places.put(place, this.#hash, at)
    this.#audiences[place] = this.#recent.of(query, reply, reuse, block.observers)
  }

  /** Who is told of a reply that is no longer good, if that can be mended without the chain; else `null`. */
  #renew(at: number, { recency, ofRepeats, ofRenewals }: Audience): Told | null {
    if (recency === null || ofRenewals === null || !this.#ring.isUnchanged(at, this.#epochs.values)) return null
    const life = recency.lifeOf(this.#ring.epoch(at))
    if (life === null) return null
    const { nowMs } = this.#ring
    let told = ofRepeats // A query that differs in flags or EDNS may have come before.
    if (life.untilMs <= nowMs) {
      if (!life.renew(nowMs)) return null
      told = ofRenewals
    }
    this.#ring.extend(at, life.untilMs)
    return told
  }

  /** Says now and then that a reply is still asked for; whether it may be sent. */
  #touch(at: number, { recency }: Audience, ttlSeconds: number): boolean {
    if (recency === null || ttlSeconds % recency.touchSeconds !== 0) return true
    return recency.touch(this.#ring.epoch(at), this.#ring.nowMs)
  }

  /** Leaves the message that `serve` was asked about to the chain; its reply goes in again as soon as there is one. */
  #giveUp(place: number): number {
    this.#clear(place)
    this.#places.notice(this.#hash)
    this.#isKnown = true
    return 0
  }

  #clear(place: number): void {
    this.#places.clear(place)
    this.#audiences[place] = null
  }
}

/** The one note that there is, in octets of UTF-8. */
function noteOf(query: Query, reply: Reply, observers: readonly ReplyObserver[]): Uint8Array {
  for (const observer of observers) {
    const note = observer.noteOf(query, reply)
    if (note !== '') return Buffer.from(note)
  }
  return NO_NOTE
}

const NO_NOTE = new Uint8Array(0)
