import { cArgument } from '#net/batch/c-argument.ts'
import type { CLibrary } from '#net/batch/c-library.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'

/** `struct msghdr` on 64-bit Linux, with nothing in it but a vector of one piece: where things lie, in octets. See recvmsg(2). */
const VECTOR_POINTER = 16
const VECTOR_COUNT = 24
/** `struct iovec`: address and length. */
const VECTOR = 64
const VECTOR_LENGTH = 72
const PAYLOAD = 128

/** No datagram is longer. */
const MAX_PAYLOAD_OCTETS = 65_536

/** Memory to send and receive one message at a time over connected sockets. */
export class MessageRoom {
  readonly #c: CLibrary
  readonly #memory: NativeMemory

  constructor(c: CLibrary) {
    this.#c = c
    this.#memory = new NativeMemory(c, PAYLOAD + MAX_PAYLOAD_OCTETS)
    const { view, address } = this.#memory
    view.setBigUint64(VECTOR_POINTER, address + BigInt(VECTOR), true)
    view.setBigUint64(VECTOR_COUNT, 1n, true)
    view.setBigUint64(VECTOR, address + BigInt(PAYLOAD), true)
  }

  /** Whether the system took the message. */
  send(fd: number, message: Uint8Array): boolean {
    const { octets, words, address } = this.#memory
    octets.set(message, PAYLOAD)
    words[VECTOR_LENGTH / 4] = message.length
    return this.#c.sendmsg(cArgument(fd), address, 0n) >= 0
  }

  /** The next message, good until this is used again; `null` when there is none, or an error of the socket. */
  receive(fd: number): Uint8Array | null {
    const { octets, words, address } = this.#memory
    words[VECTOR_LENGTH / 4] = MAX_PAYLOAD_OCTETS
    const length = this.#c.recvmsg(cArgument(fd), address, 0n)
    return length < 0 ? null : octets.subarray(PAYLOAD, PAYLOAD + length)
  }
}
