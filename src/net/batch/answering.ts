import { Backlog } from '#net/batch/backlog.ts'
import type { BatchPeerContext } from '#net/batch/batch-peer.ts'
import { BatchPeer } from '#net/batch/batch-peer.ts'
import type { CLibrary } from '#net/batch/c-library.ts'
import { Datagrams } from '#net/batch/datagrams.ts'
import type { OpenSocket } from '#net/batch/open-socket.ts'
import { turnAround } from '#net/batch/packet-info.ts'
import type { Siblings } from '#net/batch/siblings.ts'
import { socketPort } from '#net/batch/socket-address.ts'
import type { OnDrop } from '#net/drop.ts'
import type { Responder } from '#net/responder.ts'

/** Replies given to the system in one call. Before the next ones it is asked for newer messages. */
const BATCH = 32

/** Messages taken from the socket in a row before others have their turn: about 2 ms of answers. */
const TURN_MESSAGES = 512

/**
 * Of so many, when several came at once, the socket is asked for more without a wait in between: under such a load most waits end at
 * once, and asking in vain costs less than a wait (0.4 us a query less at 75,000 queries a second).
 */
const UNAWAITED_MESSAGES = 64

/** Whose messages are answered, and by whom: the listener. */
export interface AnsweringContext extends BatchPeerContext {
  readonly responder: Responder
  readonly onDrop: OnDrop
  /** Sockets whose messages are answered, too, when this one has no more; `null` when there are none. */
  readonly siblings: Siblings | null
}

/** Takes messages from a UDP socket and answers them, many in one call of the system, the newest first. */
export class Answering {
  readonly #context: AnsweringContext
  readonly #backlog: Backlog
  readonly #replies: Datagrams
  readonly #peer: BatchPeer
  #isSettled = true
  /** Messages taken so far, from this socket and from those of other threads, modulo 2^32: a larger number would be garbage in the end. */
  received = 0

  constructor(c: CLibrary, socket: OpenSocket, context: AnsweringContext) {
    this.#context = context
    this.#backlog = new Backlog(c, socket.fd, socket.isWildcard)
    this.#replies = new Datagrams(c, BATCH, socket.isWildcard)
    this.#peer = new BatchPeer(context, this.#backlog.messages)
  }

  /** Whether all that was answered in the last turn is settled. */
  get isSettled(): boolean {
    return this.#isSettled
  }

  /**
   * Answers what the socket has, so many messages as belong to a turn at most, the newest first; with `isToWait` it waits for the first,
   * and has no need to ask again: whoever waits does. Whether more may be waiting in the socket.
   * Those that leave something to go on with are few a turn: what they wait for comes by the event loop, and makes the next ones cheap.
   */
  answerMessages(isToWait: boolean): boolean {
    const backlog = this.#backlog
    const { siblings } = this.#context
    let left = this.#isSettled ? TURN_MESSAGES : BATCH
    this.#isSettled = true
    let came: number
    do {
      came = left > 0 && this.#isSettled ? backlog.receive(left, isToWait && backlog.count === 0) : 0
      siblings?.noteRead()
      left -= came
      this.received = (this.received + came) | 0
      if (backlog.count > 0) this.#answerNewest()
    } while (backlog.count > 0 || (came > 1 && !isToWait && left > TURN_MESSAGES - UNAWAITED_MESSAGES))
    if (left > 0) this.#help(left)
    return left <= 0 || !this.#isSettled
  }

  /** Answers what waits for a thread that may not be running, `most` messages at most. */
  #help(most: number): void {
    const backlog = this.#backlog
    const came = this.#context.siblings?.receive(backlog, most) ?? 0
    this.received = (this.received + came) | 0
    while (backlog.count > 0) this.#answerNewest()
  }

  /** Answers a batch of messages at most, the newest of the backlog. */
  #answerNewest(): void {
    const first = Math.max(0, this.#backlog.count - BATCH)
    const { sender, responder } = this.#context
    const replyCount = this.#answerBatch(responder, first, this.#backlog.count)
    if (replyCount > 0) sender.send(this.#replies, replyCount)
    this.#isSettled &&= responder.isSettled
    this.#backlog.dropFrom(first)
  }

  #answerBatch(responder: Responder, first: number, end: number): number {
    const received = this.#backlog.messages
    const replies = this.#replies
    const { octets } = received
    let replyCount = 0
    responder.begin()
    for (let slot = end - 1; slot >= first; slot--) {
      if (socketPort(octets, received.nameAt(slot)) === 0) {
        this.#context.onDrop('port zero', 1)
        continue
      }
      this.#peer.moveTo(slot)
      const start = received.payloadAt(slot)
      const stop = start + received.messageLength(slot)
      const replyStart = replies.payloadAt(replyCount)
      const length = responder.answer(octets, start, stop, this.#peer, false, replies.octets, replyStart)
      if (length === 0) continue
      const control = turnAround(octets, received.controlAt(slot), received.controlLength(slot))
      replies.replyTo(replyCount++, length, received, slot, control)
    }
    return replyCount
  }
}
