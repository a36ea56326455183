import { cArgument } from '#net/batch/c-argument.ts'
import type { CLibrary } from '#net/batch/c-library.ts'
import type { Datagrams } from '#net/batch/datagrams.ts'
import { AF_INET, DATAGRAM_SOCKET, MSG_DONTWAIT, SO_RCVBUF, SO_RCVBUFFORCE, SOL_SOCKET } from '#net/batch/linux.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'
import { SOCKET_ADDRESS_OCTETS, writeSocketAddress } from '#net/batch/socket-address.ts'
import { SO_TIMESTAMPNS } from '#test/bench/peers/steady/arrival-time.ts'
import type { ClientFunctions } from '#test/bench/peers/steady/c-functions.ts'
import { Outstanding } from '#test/bench/peers/steady/outstanding.ts'
import type { Questions } from '#test/bench/peers/steady/questions.ts'

/** Room for thousands of answers, however late they are read. */
const RECEIVE_BUFFER_OCTETS = 4 << 20

/** A UDP socket connected to a port at 127.0.0.1, whose messages come with their times of arrival. */
export class ClientSocket {
  readonly outstanding: Outstanding = new Outstanding()
  readonly #fd: number
  /** The same, as it is handed to what is called for each message. */
  readonly #descriptor: bigint
  readonly #c: CLibrary
  readonly #send: ClientFunctions['send']
  readonly #receive: CLibrary['recvmmsg']

  /** Throws when the system refuses a part of it. */
  constructor(c: CLibrary, { send }: ClientFunctions, port: number) {
    this.#c = c
    this.#send = send
    this.#receive = c.recvmmsg
    this.#fd = c.socket(AF_INET, DATAGRAM_SOCKET, 0)
    if (this.#fd < 0) throw new Error(`no UDP socket can be had: ${c.errorName()}`)
    this.#descriptor = BigInt(this.#fd)
    const memory = new NativeMemory(c, SOCKET_ADDRESS_OCTETS)
    const set = (option: number, value: number): boolean => {
      memory.view.setInt32(0, value, true)
      return c.setsockopt(this.#fd, SOL_SOCKET, option, memory.address, 4) === 0
    }
    if (!set(SO_RCVBUFFORCE, RECEIVE_BUFFER_OCTETS)) set(SO_RCVBUF, RECEIVE_BUFFER_OCTETS)
    if (!set(SO_TIMESTAMPNS, 1)) throw new Error(`the kernel tells no times of arrival: ${c.errorName()}`)
    const length = writeSocketAddress(memory.octets, 0, '127.0.0.1', port)
    if (c.connect(this.#fd, memory.address, length) !== 0) throw new Error(`cannot connect: ${c.errorName()}`)
  }

  /** Asks a question that has the next ID already. What the system refuses stays without an answer. */
  ask(questions: Questions, index: number, now: number): void {
    this.outstanding.begin(now)
    this.#send(this.#descriptor, questions.address(index), questions.length(index), MSG_DONTWAIT)
  }

  /** Takes the messages that are there, as many as there is room for, and returns their number. */
  receive(into: Datagrams): number {
    into.makeReady(0, into.count)
    return Math.max(0, this.#receive(this.#descriptor, into.headersFrom(0), cArgument(into.count), MSG_DONTWAIT, 0n))
  }

  close(): void {
    this.#c.close(this.#fd)
  }
}
