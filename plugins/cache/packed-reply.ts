import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import { packedTargets, packRecords, unpackRecords } from '#plugins/cache/packed-records.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { foldName } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** What a packed reply takes in memory beside the octets of its records, about. */
const OVERHEAD_OCTETS = 150
const NO_NAMES: readonly FoldedName[] = Object.freeze([])
const MAX_TARGETS = 16

/** A reply as it is stored: what it says, small in memory, without times to live and options. */
export class PackedReply {
  /** The plugin that made it. */
  readonly author: string
  /** 12 bits. */
  readonly rcode: number
  readonly flags: number
  /** Whether no plugin wrote it, so that the server sends nothing but the rcode. */
  readonly isBare: boolean
  readonly #answer: string
  readonly #authority: string
  readonly #additional: string

  private constructor(
    { author, rcode, flags, delivery }: Reply,
    answer: string,
    authority: string,
    additional: string,
  ) {
    this.author = author
    this.rcode = rcode
    this.flags = flags
    this.isBare = delivery === Delivery.BARE
    this.#answer = answer
    this.#authority = authority
    this.#additional = additional
  }

  /** Packs the reply to a query; `null` if it is too large to be kept. */
  static of(reply: Reply, { name }: Query): PackedReply | null {
    const answer = packRecords(reply.answer, name)
    const authority = packRecords(reply.authority, name)
    const additional = packRecords(reply.additional, name)
    if (answer === null || authority === null || additional === null) return null
    return new PackedReply(reply, answer, authority, additional)
  }

  get hasAnswer(): boolean {
    return this.#answer !== ''
  }

  /** The names that its CNAME records lead to, the first ones of a chain without end. */
  get targets(): readonly FoldedName[] {
    const targets = packedTargets(this.#answer, MAX_TARGETS)
    return targets.length === 0 ? NO_NAMES : targets.map(foldName)
  }

  /** About how much memory it takes, in octets. */
  get sizeOctets(): number {
    return OVERHEAD_OCTETS + this.#answer.length + this.#authority.length + this.#additional.length
  }

  /** Whether both say the same in the same words. */
  equals(other: PackedReply): boolean {
    return (
      this.author === other.author &&
      this.rcode === other.rcode &&
      this.flags === other.flags &&
      this.isBare === other.isBare &&
      this.#answer === other.#answer &&
      this.#authority === other.#authority &&
      this.#additional === other.#additional
    )
  }

  /** Its answer for one who asks for `name`, the question's name in a letter case of his own (RFC 4343). */
  answer(name: Name, ttlSeconds: number): readonly ResourceRecord[] {
    return unpackRecords(this.#answer, name, ttlSeconds)
  }

  /** Its authority section, likewise. */
  authority(name: Name, ttlSeconds: number): readonly ResourceRecord[] {
    return unpackRecords(this.#authority, name, ttlSeconds)
  }

  /** Its additional section, likewise. */
  additional(name: Name, ttlSeconds: number): readonly ResourceRecord[] {
    return unpackRecords(this.#additional, name, ttlSeconds)
  }
}
