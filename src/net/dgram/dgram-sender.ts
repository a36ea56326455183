import type { Socket } from 'node:dgram'
import { ReplyRoom } from '#net/dgram/reply-room.ts'
import type { OnDrop } from '#net/drop.ts'
import { MAX_QUEUED_OCTETS, MAX_UDP_REPLY_OCTETS } from '#net/udp-options.ts'
import { UnderWay } from '#net/under-way.ts'
import { MAX_MESSAGE_OCTETS } from '#wire/constants.ts'

/** Of replies at hand, one in so many is sent with a callback while all goes well. */
const LISTEN_EVERY = 16

/** So many replies without an error, and all goes well again. */
const CALM_AFTER = 1024

/** Sends the replies of one node:dgram socket, from memory that is used again and again. */
export class DgramSender {
  readonly onDrop: OnDrop
  readonly underWay: UnderWay = new UnderWay()
  #room = new ReplyRoom(MAX_UDP_REPLY_OCTETS)
  #lateRoom = new ReplyRoom(MAX_UDP_REPLY_OCTETS)
  #socket: Socket | null
  readonly #onSent: (error: Error | null) => void
  /** Whether the system was behind when it was last given a reply. */
  #isBehind = false
  /** Replies at hand until the next that is listened to, and until all need not be any more. */
  #untilListening = LISTEN_EVERY
  #untilCalm = 0

  constructor(socket: Socket, onDrop: OnDrop) {
    this.#socket = socket
    this.onDrop = onDrop
    this.#onSent = error => {
      if (error === null) return
      this.#untilCalm = CALM_AFTER
      this.onDrop('send error', 1)
    }
  }

  /** Where the next reply at hand is written. */
  get out(): Uint8Array {
    return this.#room.octets
  }

  close(): void {
    this.#socket = null
  }

  /** Sends the first `length` octets of `out`. */
  sendOut(length: number, port: number, address: string): void {
    if (!this.#send(this.#room.first(length), port, address, this.#isListening())) {
      this.#room = new ReplyRoom(MAX_UDP_REPLY_OCTETS)
    }
  }

  sendLate(message: Uint8Array, port: number, address: string): void {
    const length = message.length
    if (length > MAX_MESSAGE_OCTETS) {
      this.onDrop('send error', 1)
      return
    }
    if (length > this.#lateRoom.octets.length) this.#lateRoom = new ReplyRoom(MAX_MESSAGE_OCTETS)
    this.#lateRoom.octets.set(message)
    if (!this.#send(this.#lateRoom.first(length), port, address, true)) {
      this.#lateRoom = new ReplyRoom(MAX_UDP_REPLY_OCTETS)
    }
  }

  /**
   * Whether to ask what became of the next reply at hand. node:dgram tells of errors in callbacks only, and each costs
   * the turn that it runs in: 4 % of all that a query costs. So while no reply fails only a few are asked about.
   */
  #isListening(): boolean {
    if (this.#untilCalm > 0) {
      this.#untilCalm--
      return true
    }
    if (--this.#untilListening > 0) return false
    this.#untilListening = LISTEN_EVERY
    return true
  }

  /** Whether the memory may be used again: the system did not take the message yet when it may not. */
  #send(message: Buffer, port: number, address: string, listens: boolean): boolean {
    const socket = this.#socket
    if (socket === null) {
      this.onDrop('peer gone', 1)
      return true
    }
    if (this.#isBehind && socket.getSendQueueSize() > MAX_QUEUED_OCTETS) {
      this.onDrop('send queue full', 1)
      return true
    }
    socket.send(message, port, address, listens ? this.#onSent : undefined)
    this.#isBehind = socket.getSendQueueCount() > 0
    return !this.#isBehind
  }
}
