import { CompressionTable, MAX_POINTER_OFFSET } from '#wire/compression.ts'
import { HEADER_OCTETS, MAX_NAME_OCTETS, Type } from '#wire/constants.ts'
import type { EdnsOption } from '#wire/edns.ts'
import type { Name } from '#wire/name.ts'
import { compressedNameCount, octetsBeforeNames } from '#wire/rdata/compressed.ts'
import { nameOctetsAt } from '#wire/rdata/name-fields.ts'
import type { ResourceRecord } from '#wire/record.ts'

const NO_OCTETS = new Uint8Array(0)
const NO_NAME = '' as Name
/** Type, class, TTL and RDLENGTH (RFC 1035 section 4.1.3). */
const FIXED_RECORD_OCTETS = 10
/** Above this a native copy is quicker than a loop. */
const LOOP_COPY_OCTETS = 32
const POINTER_WORD = 0xc000
const DO_BIT = 0x8000

/** Octets of an OPT record with these options, its owner and fixed part included. */
export function optRecordOctets(options: readonly EdnsOption[]): number {
  let octets = 1 + FIXED_RECORD_OCTETS
  for (const option of options) octets += 4 + option.data.length
  return octets
}

/**
 * Writes one message at a time into memory that the caller owns, and nothing past its limit: what does not fit leaves
 * `overflowed` true, or makes the methods that say so return false with nothing written. Allocates nothing.
 */
export class MessageWriter {
  readonly #table = new CompressionTable()
  /** The name in hand, uncompressed. */
  readonly #name = new Uint8Array(MAX_NAME_OCTETS)
  #octets: Uint8Array = NO_OCTETS
  #start = 0
  #position = 0
  /** Where writing must stop, and where it would stop had nothing been reserved. */
  #end = 0
  #hardEnd = 0
  #overflowed = false
  #questionName: Name = NO_NAME
  /** Whether the question's name is still to be entered in the table: a reply that only repeats it needs no table. */
  #questionPending = false
  #recentName: Name = NO_NAME
  #recentOffset = 0

  /** Begins a message at `start` of `octets`, of at most `limitOctets` octets. Compression offsets count from `start`. */
  reset(octets: Uint8Array, start: number, limitOctets: number): void {
    this.#octets = octets
    this.#start = start
    this.#position = start
    this.#hardEnd = Math.min(start + limitOctets, octets.length)
    this.#end = this.#hardEnd
    this.#overflowed = false
    this.#questionName = NO_NAME
    this.#questionPending = false
    this.#recentName = NO_NAME
    this.#table.reset(octets, start)
  }

  /** Offset in the memory given to `reset` of the next octet. */
  get position(): number {
    return this.#position
  }

  /** Octets written since `reset`. */
  get lengthOctets(): number {
    return this.#position - this.#start
  }

  /** Whether something was left out since `reset` that no method has reported with `false`. */
  get overflowed(): boolean {
    return this.#overflowed
  }

  /** Work done for compression since the writer was made, in octets and table slots looked at. For tests. */
  get compressionWork(): number {
    return this.#table.work
  }

  /** Keeps `octets` octets of the limit for what is written after `release`, such as the OPT record. */
  reserve(octets: number): void {
    this.#end = this.#hardEnd - octets
  }

  /** Ends `reserve`. */
  release(): void {
    this.#end = this.#hardEnd
  }

  u8(value: number): void {
    if (!this.#has(1)) return
    this.#octets[this.#position++] = value
  }

  u16(value: number): void {
    if (!this.#has(2)) return
    this.#put16(value)
  }

  u32(value: number): void {
    if (!this.#has(4)) return
    this.#put16(value >>> 16)
    this.#put16(value)
  }

  /** Copies octets as they are. */
  octetsOf(octets: Uint8Array): void {
    this.#copy(octets, 0, octets.length)
  }

  /** Writes the header with the four section counts zero (RFC 1035 section 4.1.1): see `setCount`. */
  writeHeader(id: number, secondWord: number): void {
    this.u16(id)
    this.u16(secondWord)
    this.u32(0)
    this.u32(0)
  }

  /** Sets the header's second word after the fact: flags, opcode, rcode. */
  setSecondWord(secondWord: number): void {
    this.#set16(this.#start + 2, secondWord)
  }

  /** Sets the count of a section: 0 question, 1 answer, 2 authority, 3 additional. */
  setCount(section: number, count: number): void {
    this.#set16(this.#start + 4 + 2 * section, count)
  }

  /** The count of a section as it stands. */
  count(section: number): number {
    const at = this.#start + 4 + 2 * section
    return at + 2 > this.#position ? 0 : (this.#octets[at]! << 8) | this.#octets[at + 1]!
  }

  /** Writes a name, with `compress` as a pointer to where it or its end stands already. */
  writeName(name: Name, compress: boolean): void {
    if (!compress || name.length <= 1) {
      this.#writePlainName(name)
    } else if (name === this.#questionName) {
      this.u16(POINTER_WORD | HEADER_OCTETS)
    } else if (name === this.#recentName) {
      this.u16(POINTER_WORD | this.#recentOffset)
    } else {
      const offset = this.#position - this.#start
      for (let i = 0; i < name.length; i++) this.#name[i] = name.charCodeAt(i)
      this.#writeCompressed(this.#name, 0, name.length)
      this.#remember(name, offset)
    }
  }

  /** Writes a question; false and nothing written when it does not fit. */
  writeQuestion(name: Name, type: number, class_: number): boolean {
    if (this.#overflowed) return false
    const position = this.#position
    const mark = this.#table.mark
    const isFirst = position - this.#start === HEADER_OCTETS
    this.writeName(name, !isFirst)
    this.u16(type)
    this.u16(class_)
    if (this.#overflowed) return this.#rewind(position, mark)
    if (isFirst && name.length > 1) {
      this.#questionName = name
      this.#questionPending = true
    }
    return true
  }

  /** Writes a record with this time to live; false and nothing written when it does not fit whole. */
  writeRecord(record: ResourceRecord, ttlSeconds: number): boolean {
    if (this.#overflowed) return false
    const position = this.#position
    const mark = this.#table.mark
    this.writeName(record.owner, true)
    if (!this.#has(FIXED_RECORD_OCTETS)) return this.#rewind(position, mark)
    this.#put16(record.type)
    this.#put16(record.class)
    this.#put16(ttlSeconds >>> 16)
    this.#put16(ttlSeconds)
    const lengthAt = this.#position
    this.#position += 2
    const names = compressedNameCount(record.type)
    if (names === 0) this.#copy(record.rdata, 0, record.rdata.length)
    else this.#writeRdataWithNames(record.rdata, octetsBeforeNames(record.type), names)
    if (this.#overflowed) return this.#rewind(position, mark)
    this.#set16(lengthAt, this.#position - lengthAt - 2)
    return true
  }

  /**
   * Writes an OPT record (RFC 6891 section 6.1.2), the upper eight bits of `rcode` in it; false and nothing written when
   * it does not fit.
   */
  writeOpt(
    udpSizeOctets: number,
    dnssecOk: boolean,
    rcode: number,
    options: readonly EdnsOption[],
    version: number = 0,
  ): boolean {
    const octets = optRecordOctets(options)
    if (this.#overflowed || this.#position + octets > this.#end) return false
    this.#octets[this.#position++] = 0
    this.#put16(Type.OPT)
    this.#put16(udpSizeOctets)
    this.#put16((((rcode >> 4) & 0xff) << 8) | version)
    this.#put16(dnssecOk ? DO_BIT : 0)
    this.#put16(octets - 1 - FIXED_RECORD_OCTETS)
    for (let i = 0; i < options.length; i++) {
      const { code, data } = options[i]!
      this.#put16(code)
      this.#put16(data.length)
      this.#copy(data, 0, data.length)
    }
    return true
  }

  /** Lets the next record with the same owner point to where `name` was just written. */
  #remember(name: Name, offset: number): void {
    if (this.#overflowed || offset > MAX_POINTER_OFFSET) return
    const octet = this.#octets[this.#start + offset]!
    // A name that was known whole is a pointer itself: point where it does.
    this.#recentOffset = octet < 0xc0 ? offset : this.#table.target
    this.#recentName = name
  }

  #writePlainName(name: Name): void {
    if (!this.#has(name.length)) return
    const octets = this.#octets
    let position = this.#position
    for (let i = 0; i < name.length; i++) octets[position++] = name.charCodeAt(i)
    this.#position = position
  }

  /** Writes the name of `length` octets at `from` of `name`, as far as it is not known already. */
  #writeCompressed(name: Uint8Array, from: number, length: number): void {
    const table = this.#table
    if (this.#questionPending) {
      this.#questionPending = false
      table.match(this.#octets, this.#start + HEADER_OCTETS, this.#questionName.length)
      table.enter(HEADER_OCTETS)
    }
    const unmatched = table.match(name, from, length)
    const isWhole = unmatched === length - 1
    if (!this.#has(unmatched + (isWhole ? 1 : 2))) return
    const offset = this.#position - this.#start
    for (let i = 0; i < unmatched; i++) this.#octets[this.#position++] = name[from + i]!
    if (isWhole) this.#octets[this.#position++] = 0
    else this.#put16(POINTER_WORD | table.target)
    table.enter(offset)
  }

  #writeRdataWithNames(rdata: Uint8Array, before: number, names: number): void {
    let at = before
    for (let i = 0; i < names && at >= 0; i++) at = endOfName(rdata, at)
    // Data that is not what its type says was made by hand: it leaves as it is, never with names misread.
    if (at < 0) {
      this.#copy(rdata, 0, rdata.length)
      return
    }
    this.#copy(rdata, 0, before)
    at = before
    for (let i = 0; i < names && !this.#overflowed; i++) {
      const end = endOfName(rdata, at)
      this.#writeCompressed(rdata, at, end - at)
      at = end
    }
    this.#copy(rdata, at, rdata.length)
  }

  #copy(octets: Uint8Array, from: number, to: number): void {
    if (!this.#has(to - from)) return
    if (to - from > LOOP_COPY_OCTETS) {
      this.#octets.set(octets.subarray(from, to), this.#position)
      this.#position += to - from
    } else {
      for (let i = from; i < to; i++) this.#octets[this.#position++] = octets[i]!
    }
  }

  #has(octets: number): boolean {
    if (this.#position + octets > this.#end) this.#overflowed = true
    return !this.#overflowed
  }

  #put16(value: number): void {
    this.#octets[this.#position++] = value >>> 8
    this.#octets[this.#position++] = value
  }

  #set16(at: number, value: number): void {
    if (at + 2 > this.#position) return
    this.#octets[at] = value >>> 8
    this.#octets[at + 1] = value
  }

  #rewind(position: number, mark: number): false {
    this.#position = position
    this.#overflowed = false
    this.#table.rewind(mark)
    if (mark === 0) this.#questionPending = this.#questionName !== NO_NAME
    if (this.#recentOffset >= position - this.#start) this.#recentName = NO_NAME
    return false
  }
}

/** Where the uncompressed name at `at` of `rdata` ends, -1 if it is none. */
function endOfName(rdata: Uint8Array, at: number): number {
  const octets = nameOctetsAt(rdata, at, rdata.length)
  return octets < 0 ? -1 : at + octets
}
