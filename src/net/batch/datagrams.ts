import type { CLibrary } from '#net/batch/c-library.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'
import { CONTROL_OCTETS } from '#net/batch/packet-info.ts'
import { SOCKET_ADDRESS_OCTETS } from '#net/batch/socket-address.ts'

/** Room for one message, in octets. Longer queries are cut off, and then malformed. */
export const PAYLOAD_OCTETS = 4096

/**
 * From one message to the next, in octets. Were it a power of two, all messages would begin in the same few lines of the processor's
 * cache: three lines more, and they lie side by side in it.
 */
const PAYLOAD_STRIDE = PAYLOAD_OCTETS + 3 * 64

/** `struct mmsghdr` on 64-bit Linux, in 32-bit words (pointers and sizes take two): see recvmmsg(2). */
const HEADER_WORDS = 16
const NAME = 0
const NAME_LENGTH = 2
const VECTOR = 4
const VECTOR_COUNT = 6
const CONTROL = 8
const CONTROL_LENGTH = 10
const MESSAGE_LENGTH = 14

/** `struct iovec`: address and length. */
const VECTOR_WORDS = 4
const VECTOR_BASE = 0
const VECTOR_LENGTH = 2

/**
 * Messages for one call of recvmmsg or sendmmsg, all in one piece of memory: headers, vectors, socket addresses, control
 * octets, payloads.
 */
export class Datagrams {
  readonly count: number
  readonly octets: Uint8Array
  readonly #memory: NativeMemory
  readonly #vectors: number
  readonly #names: number
  readonly #controls: number
  readonly #payloads: number
  readonly #withControl: boolean
  readonly #headers: readonly bigint[]
  /** Whose socket addresses and control octets the headers point to, and which of them. */
  #source: Datagrams = this
  readonly #sourceSlots: Uint16Array

  /** `withControl`: whether the kernel is to tell where messages were sent to. */
  constructor(c: CLibrary, count: number, withControl: boolean) {
    this.count = count
    this.#vectors = count * HEADER_WORDS * 4
    this.#names = this.#vectors + count * VECTOR_WORDS * 4
    this.#controls = this.#names + count * SOCKET_ADDRESS_OCTETS
    this.#payloads = this.#controls + count * CONTROL_OCTETS
    this.#memory = new NativeMemory(c, this.#payloads + count * PAYLOAD_STRIDE)
    this.octets = this.#memory.octets
    this.#withControl = withControl
    this.#headers = Array.from({ length: count }, (_, slot) => this.#memory.address + BigInt(slot * HEADER_WORDS * 4))
    this.#sourceSlots = Uint16Array.from({ length: count }, (_, slot) => slot)
    for (let slot = 0; slot < count; slot++) this.#link(slot)
  }

  /** Where the header of `slot` lies, for C. */
  headersFrom(slot: number): bigint {
    return this.#headers[slot]!
  }

  nameAt(slot: number): number {
    return this.#names + slot * SOCKET_ADDRESS_OCTETS
  }

  controlAt(slot: number): number {
    return this.#controls + slot * CONTROL_OCTETS
  }

  payloadAt(slot: number): number {
    return this.#payloads + slot * PAYLOAD_STRIDE
  }

  /** The socket address that the message in `slot` came from or goes to. */
  name(slot: number): Uint8Array {
    const source = this.#source
    const at = source.nameAt(this.#sourceSlots[slot]!)
    return source.octets.subarray(at, at + this.nameLength(slot))
  }

  nameLength(slot: number): number {
    return this.#memory.words[slot * HEADER_WORDS + NAME_LENGTH]!
  }

  control(slot: number): Uint8Array {
    const source = this.#source
    const at = source.controlAt(this.#sourceSlots[slot]!)
    return source.octets.subarray(at, at + this.controlLength(slot))
  }

  controlLength(slot: number): number {
    return this.#memory.words[slot * HEADER_WORDS + CONTROL_LENGTH]!
  }

  /** Octets received, at most `PAYLOAD_OCTETS`. */
  messageLength(slot: number): number {
    return this.#memory.words[slot * HEADER_WORDS + MESSAGE_LENGTH]!
  }

  payloadLength(slot: number): number {
    return this.#memory.words[this.#vectors / 4 + slot * VECTOR_WORDS + VECTOR_LENGTH]!
  }

  /** Makes slots from `first` to `end` ready to receive: the kernel puts the lengths of what comes into them. */
  makeReady(first: number, end: number): void {
    const { words } = this.#memory
    for (let at = first * HEADER_WORDS; at < end * HEADER_WORDS; at += HEADER_WORDS) {
      words[at + NAME_LENGTH] = SOCKET_ADDRESS_OCTETS
      words[at + CONTROL_LENGTH] = this.#withControl ? CONTROL_OCTETS : 0
    }
  }

  /**
   * Addresses the message in `slot`, `length` octets, to whom slot `from` of `others` came from. Copies nothing; all
   * replies must be to messages in the same `others`.
   */
  replyTo(slot: number, length: number, others: Datagrams, from: number, controlLength: number): void {
    this.#source = others
    this.#sourceSlots[slot] = from
    const { words } = this.#memory
    const theirs = others.#memory.words
    const at = slot * HEADER_WORDS
    const their = from * HEADER_WORDS
    words[at + NAME] = theirs[their + NAME]!
    words[at + NAME + 1] = theirs[their + NAME + 1]!
    words[at + NAME_LENGTH] = theirs[their + NAME_LENGTH]!
    words[at + CONTROL] = theirs[their + CONTROL]!
    words[at + CONTROL + 1] = theirs[their + CONTROL + 1]!
    words[at + CONTROL_LENGTH] = controlLength
    words[this.#vectors / 4 + slot * VECTOR_WORDS + VECTOR_LENGTH] = length
  }

  /** Addresses the message in `slot`, `length` octets, with a copy of `name` and `control`. */
  address(slot: number, length: number, name: Uint8Array, control: Uint8Array): void {
    const { words } = this.#memory
    this.octets.set(name, this.nameAt(slot))
    this.octets.set(control, this.controlAt(slot))
    words[slot * HEADER_WORDS + NAME_LENGTH] = name.length
    words[slot * HEADER_WORDS + CONTROL_LENGTH] = control.length
    words[this.#vectors / 4 + slot * VECTOR_WORDS + VECTOR_LENGTH] = length
  }

  #link(slot: number): void {
    const vector = this.#vectors + slot * VECTOR_WORDS * 4
    const header = slot * HEADER_WORDS * 4
    this.#point(header + NAME * 4, this.nameAt(slot))
    this.#point(header + VECTOR * 4, vector)
    this.#point(header + CONTROL * 4, this.controlAt(slot))
    this.#point(vector + VECTOR_BASE * 4, this.payloadAt(slot))
    this.#memory.words[header / 4 + VECTOR_COUNT] = 1
    this.#memory.words[vector / 4 + VECTOR_LENGTH] = PAYLOAD_OCTETS
  }

  #point(from: number, to: number): void {
    this.#memory.view.setBigUint64(from, this.#memory.address + BigInt(to), true)
  }
}
