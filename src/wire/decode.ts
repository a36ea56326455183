import { Class, Flag, HEADER_OCTETS, Type } from '#wire/constants.ts'
import type { Edns, EdnsOption } from '#wire/edns.ts'
import { MAX_EDNS_OPTIONS } from '#wire/edns.ts'
import { NameExpander } from '#wire/expansion.ts'
import { WireFailure } from '#wire/failure.ts'
import type { Message, Question } from '#wire/message.ts'
import type { Name } from '#wire/name.ts'
import { ROOT } from '#wire/name.ts'
import { copyOctets } from '#wire/octets.ts'
import { expandRdata } from '#wire/rdata/expand.ts'
import { ResourceRecord } from '#wire/record.ts'

/** The least octets that a question and a record can take: the root name and the fixed fields. */
const MIN_QUESTION_OCTETS = 5
const MIN_RECORD_OCTETS = 11
const FIXED_RECORD_OCTETS = 10
const FLAG_BITS: number = Flag.QR | Flag.AA | Flag.TC | Flag.RD | Flag.RA | Flag.Z | Flag.AD | Flag.CD
const DO_BIT = 0x8000
const NO_RDATA = new Uint8Array(0)

/**
 * Reads a whole message; a number when it is malformed. Never throws, and works in proportion to the octets given. Octets
 * after the last section are not looked at. A TTL with its top bit set is 0 (RFC 2181 section 8).
 */
export function decodeMessage(octets: Uint8Array): Message | WireFailure {
  decoder.reset(octets)
  const message = decoder.message()
  // The decoder outlives the message and must not keep its memory.
  decoder.reset(NO_RDATA)
  return message
}

/** Whether what `decodeMessage` returned is a failure. */
export function isWireFailure(decoded: Message | WireFailure): decoded is WireFailure {
  return typeof decoded === 'number'
}

class MessageDecoder {
  readonly #names = new NameExpander()
  #octets: Uint8Array = NO_RDATA
  #at = 0
  #failure: WireFailure = WireFailure.NONE
  #edns: Edns | null = null
  #extendedRcode = 0
  /** The last name that a pointer alone stood for, or the question's: the records of one set share the string. */
  #sharedTarget = -1
  #sharedName: Name = ROOT

  reset(octets: Uint8Array): void {
    this.#octets = octets
    this.#names.reset(octets)
    this.#at = HEADER_OCTETS
    this.#failure = WireFailure.NONE
    this.#edns = null
    this.#extendedRcode = 0
    this.#sharedTarget = -1
    this.#sharedName = ROOT
  }

  message(): Message | WireFailure {
    if (this.#octets.length < HEADER_OCTETS) return WireFailure.SHORT
    const word = this.#u16(2)
    const counts = [this.#u16(4), this.#u16(6), this.#u16(8), this.#u16(10)] as const
    const leastOctets = counts[0] * MIN_QUESTION_OCTETS + (counts[1] + counts[2] + counts[3]) * MIN_RECORD_OCTETS
    if (HEADER_OCTETS + leastOctets > this.#octets.length) return WireFailure.COUNT
    const questions = this.#questions(counts[0])
    const answer = this.#records(counts[1], false)
    const authority = this.#records(counts[2], false)
    const additional = this.#records(counts[3], true)
    if (this.#failure !== WireFailure.NONE) return this.#failure
    return {
      id: this.#u16(0),
      flags: word & FLAG_BITS,
      opcode: (word >> 11) & 15,
      rcode: (this.#extendedRcode << 4) | (word & 15),
      questions,
      answer,
      authority,
      additional,
      edns: this.#edns,
    }
  }

  #questions(count: number): Question[] {
    const questions: Question[] = []
    for (let i = 0; i < count && this.#failure === WireFailure.NONE; i++) {
      const name = this.#name()
      if (!this.#has(4)) break
      questions.push({ name, type: this.#u16(this.#at), class: this.#u16(this.#at + 2) })
      this.#at += 4
    }
    if (questions.length > 0) {
      this.#sharedTarget = HEADER_OCTETS
      this.#sharedName = questions[0]!.name
    }
    return questions
  }

  #records(count: number, isAdditional: boolean): ResourceRecord[] {
    const records: ResourceRecord[] = []
    for (let i = 0; i < count && this.#failure === WireFailure.NONE; i++) {
      const owner = this.#name()
      if (!this.#has(FIXED_RECORD_OCTETS)) break
      const fixed = this.#at
      const end = fixed + FIXED_RECORD_OCTETS + this.#u16(fixed + 8)
      if (end > this.#octets.length) return this.#fail(WireFailure.SHORT, records)
      this.#at = fixed + FIXED_RECORD_OCTETS
      const isOpt = this.#u16(fixed) === Type.OPT
      if (isOpt && !(isAdditional && owner === ROOT && this.#edns === null)) return this.#fail(WireFailure.OPT, records)
      if (isOpt) this.#readOpt(fixed, end)
      else this.#readRecord(owner, fixed, end, records)
      this.#at = end
    }
    return records
  }

  #readRecord(owner: Name, fixed: number, end: number, records: ResourceRecord[]): void {
    const type = this.#u16(fixed)
    const class_ = this.#u16(fixed + 2)
    // The deletions and conditions of an update have no data (RFC 2136 section 2.4).
    const isBare = this.#at === end && (class_ === Class.ANY || class_ === Class.NONE)
    const rdata = isBare ? NO_RDATA : expandRdata(type, this.#octets, this.#at, end, this.#names)
    if (typeof rdata === 'number') {
      this.#fail(rdata, records)
      return
    }
    const ttlSeconds = this.#u16(fixed + 4) * 0x10000 + this.#u16(fixed + 6)
    records.push(new ResourceRecord(owner, type, class_, ttlSeconds > 0x7fffffff ? 0 : ttlSeconds, rdata))
  }

  #readOpt(fixed: number, end: number): void {
    const options: EdnsOption[] = []
    while (this.#at < end) {
      const dataEnd = this.#at + 4 <= end ? this.#at + 4 + this.#u16(this.#at + 2) : end + 1
      if (dataEnd > end || options.length === MAX_EDNS_OPTIONS) {
        this.#fail(WireFailure.OPT, options)
        return
      }
      options.push({ code: this.#u16(this.#at), data: copyOctets(this.#octets, this.#at + 4, dataEnd) })
      this.#at = dataEnd
    }
    this.#extendedRcode = this.#octets[fixed + 4]!
    this.#edns = {
      version: this.#octets[fixed + 5]!,
      udpSizeOctets: this.#u16(fixed + 2),
      dnssecOk: (this.#u16(fixed + 6) & DO_BIT) !== 0,
      options,
    }
  }

  #name(): Name {
    const names = this.#names
    const word = this.#at + 2 <= this.#octets.length ? this.#u16(this.#at) : 0
    if (word === (0xc000 | this.#sharedTarget)) {
      this.#at += 2
      return this.#sharedName
    }
    const next = names.read(this.#at, this.#octets.length)
    if (next < 0) {
      this.#fail(-next as WireFailure, null)
      return ROOT
    }
    this.#at = next
    const name = names.length === 1 ? ROOT : (names.name.toString('latin1', 0, names.length) as Name)
    if (names.target >= 0) {
      this.#sharedTarget = names.target
      this.#sharedName = name
    }
    return name
  }

  #has(octets: number): boolean {
    if (this.#failure === WireFailure.NONE && this.#at + octets > this.#octets.length) this.#failure = WireFailure.SHORT
    return this.#failure === WireFailure.NONE
  }

  #fail<T>(failure: WireFailure, result: T): T {
    this.#failure = failure
    return result
  }

  #u16(at: number): number {
    return (this.#octets[at]! << 8) | this.#octets[at + 1]!
  }
}

const decoder = new MessageDecoder()
