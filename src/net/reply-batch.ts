import { MAX_MESSAGE_OCTETS } from '#wire/constants.ts'

/** Octets of the length in front of each message on a stream (RFC 1035 section 4.2.2). */
export const PREFIX_OCTETS = 2

const MAX_FRAME_OCTETS = PREFIX_OCTETS + MAX_MESSAGE_OCTETS

/** Gathers the replies to what one read brought, so that they leave in one write. Connections share one. */
export class ReplyBatch {
  /** Where the next reply is written, from `replyStart` on: room for the longest is always there. */
  readonly octets: Uint8Array = new Uint8Array(2 * MAX_FRAME_OCTETS)
  #length = 0

  get isEmpty(): boolean {
    return this.#length === 0
  }

  get replyStart(): number {
    return this.#length + PREFIX_OCTETS
  }

  /** Counts in the reply of `length` octets that lies at `replyStart`. True when there is no room for another. */
  add(length: number): boolean {
    this.octets[this.#length] = length >> 8
    this.octets[this.#length + 1] = length & 0xff
    this.#length += PREFIX_OCTETS + length
    return this.#length > MAX_FRAME_OCTETS
  }

  /** The replies gathered, in memory of their own. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.#length)
    taken.set(this.octets.subarray(0, this.#length))
    this.#length = 0
    return taken
  }

  clear(): void {
    this.#length = 0
  }
}

/** A message with its length in front, in memory of its own. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_OCTETS + message.length)
  frame.writeUInt16BE(message.length)
  frame.set(message, PREFIX_OCTETS)
  return frame
}
