import { cArgument } from '#net/batch/c-argument.ts'
import type { CLibrary } from '#net/batch/c-library.ts'
import { Datagrams, PAYLOAD_OCTETS } from '#net/batch/datagrams.ts'
import { MSG_DONTWAIT } from '#net/batch/linux.ts'
import type { OnDrop } from '#net/drop.ts'

/** Late replies that may wait, and thus all that a full send buffer can make us keep. */
const QUEUE_SLOTS = 128

/**
 * Sends replies, many in one call. Late ones, and those that the system does not take at once, wait in a queue; when
 * that is full, replies are dropped and counted.
 */
export class BatchSender {
  readonly onDrop: OnDrop
  readonly #c: CLibrary
  readonly #fd: bigint
  readonly #queue: Datagrams
  /** The queue's slots from `#first` to `#end` wait. */
  #first = 0
  #end = 0
  #isBlocked = false
  #isClosed = false
  #isFlushScheduled = false
  readonly #flushNow: () => void
  readonly #onBlocked: (isBlocked: boolean) => void

  /** `onBlocked` is told when the system takes no more, and when it has taken all that waited. */
  constructor(c: CLibrary, fd: number, onDrop: OnDrop, onBlocked: (isBlocked: boolean) => void) {
    this.onDrop = onDrop
    this.#c = c
    this.#fd = BigInt(fd)
    this.#queue = new Datagrams(c, QUEUE_SLOTS, true)
    this.#onBlocked = onBlocked
    this.#flushNow = () => {
      this.#isFlushScheduled = false
      this.flush()
    }
  }

  /** Whether the system takes no more for now. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  /** Sends the first `count` messages of `replies`. */
  send(replies: Datagrams, count: number): void {
    let sent = this.#isBlocked ? 0 : this.#sendFrom(replies, 0, count)
    for (; sent < count; sent++) {
      const at = replies.payloadAt(sent)
      const message = replies.octets.subarray(at, at + replies.payloadLength(sent))
      this.#enqueue(message, replies.name(sent), replies.control(sent))
    }
  }

  /** Sends a message when those who are running now are through, with all others that are ready by then. */
  sendLate(message: Uint8Array, name: Uint8Array, control: Uint8Array): void {
    if (this.#isClosed) this.onDrop('peer gone', 1)
    else if (message.length > PAYLOAD_OCTETS) this.onDrop('send error', 1)
    else this.#enqueue(message, name, control)
  }

  /** Sends what waits, as far as the system takes it. */
  flush(): void {
    if (this.#isClosed) return
    this.#first = this.#sendFrom(this.#queue, this.#first, this.#end)
    if (this.#first < this.#end) return
    this.#first = 0
    this.#end = 0
    if (!this.#isBlocked) return
    this.#isBlocked = false
    this.#onBlocked(false)
  }

  /** Sends what the system takes; the rest is dropped. */
  close(): void {
    this.flush()
    if (this.#end > this.#first) this.onDrop('send queue full', this.#end - this.#first)
    this.#isClosed = true
  }

  #enqueue(message: Uint8Array, name: Uint8Array, control: Uint8Array): void {
    if (this.#end === QUEUE_SLOTS && !this.#isBlocked) this.flush()
    if (this.#end === QUEUE_SLOTS) {
      this.onDrop('send queue full', 1)
      return
    }
    const slot = this.#end++
    this.#queue.octets.set(message, this.#queue.payloadAt(slot))
    this.#queue.address(slot, message.length, name, control)
    if (this.#isFlushScheduled || this.#isBlocked) return
    this.#isFlushScheduled = true
    setImmediate(this.#flushNow)
  }

  /** Returns the first message that was not sent because the system takes no more now, or `end`. */
  #sendFrom(messages: Datagrams, first: number, end: number): number {
    let sent = first
    while (sent < end) {
      const count = this.#sendAtOnce(messages.headersFrom(sent), end - sent)
      if (count > 0) {
        sent += count
        continue
      }
      const error = this.#c.errorName()
      if (error === 'EINTR') continue
      if (error === 'EAGAIN') {
        this.#block()
        return sent
      }
      sent++ // The first of the rest is what the system refuses: only that one is lost.
      this.onDrop('send error', 1)
    }
    return sent
  }

  /** How many messages the system took, or -1. */
  #sendAtOnce(headers: bigint, count: number): number {
    if (count > 1) return this.#c.sendmmsg(this.#fd, headers, cArgument(count), MSG_DONTWAIT)
    return this.#c.sendmsg(this.#fd, headers, MSG_DONTWAIT) < 0 ? -1 : 1
  }

  #block(): void {
    if (this.#isBlocked) return
    this.#isBlocked = true
    this.#onBlocked(true)
  }
}
