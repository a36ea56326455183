import { systemClock } from '#lib/clock.ts'
import { acceptReply, encodeQuestion } from '#net/upstream/accept.ts'
import type { UpstreamAddress } from '#net/upstream/address.ts'
import type { Timed } from '#net/upstream/deadlines.ts'
import type { Operation } from '#net/upstream/exchange-error.ts'
import { exchangeError, systemReason } from '#net/upstream/exchange-error.ts'
import type { Ignored, UpstreamObserver } from '#net/upstream/observer.ts'
import type { UpstreamQuestion } from '#net/upstream/question.ts'
import { UDP_SIZE_OCTETS } from '#net/upstream/question.ts'
import { randomId } from '#net/upstream/random-id.ts'
import type { UdpSocket, UdpSocketMaker, UdpSocketOwner } from '#net/upstream/udp-socket.ts'
import type { Message } from '#wire/message.ts'

/** Milliseconds that have to be over since a question was sent before it is sent again. */
const RESEND_MS = 100

/** What UDP exchanges with one upstream have in common. */
export interface UdpExchangeContext {
  readonly address: UpstreamAddress
  readonly makeSocket: UdpSocketMaker
  readonly observer: UpstreamObserver
  /** Asks the same question over TCP; called at most once, when somebody may be forging replies. */
  overTcp(exchange: UdpExchange): Promise<Message>
  /** Called once, when the socket is closed. */
  closed(exchange: UdpExchange): void
}

/**
 * One question over UDP, on a connected socket of its own. Only the right reply ends the wait before the deadline, which is the
 * owner's to keep. A wrong ID or an oversized datagram from the upstream's address moves the question to TCP at once; a right reply that
 * comes over UDP meanwhile is kept for the case that TCP fails.
 */
export class UdpExchange implements UdpSocketOwner, Timed {
  readonly question: UpstreamQuestion
  /** The reply; rejects with an ExchangeError. */
  readonly reply: Promise<Message>
  readonly #context: UdpExchangeContext
  readonly #id = randomId()
  readonly #socket: UdpSocket
  #resolve!: (reply: Message) => void
  #reject!: (failure: Error) => void
  #done = false
  #escalated = false
  #tcpPending = false
  #sentAtMs = 0
  #held: Message | null = null
  #failure: Error | null = null

  constructor(context: UdpExchangeContext, question: UpstreamQuestion) {
    this.question = question
    this.#context = context
    this.#socket = context.makeSocket(this)
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Asks; to be called once. */
  begin(): void {
    this.#send(systemClock.nowMs())
  }

  /**
   * Somebody else asks the same. What was sent may be lost, as what a server had not read when it died: the question is sent again unless
   * that was just now. It keeps its port and ID, so whoever forges replies has no better chances.
   */
  askedAgain(): void {
    if (this.#done || this.#escalated) return
    const nowMs = systemClock.nowMs()
    if (nowMs - this.#sentAtMs >= RESEND_MS) this.#send(nowMs)
  }

  timeOut(): void {
    this.#fail('read', 'i/o timeout')
  }

  /** Gives up, for instance because the configuration is over. */
  cancel(): void {
    this.#fail('read', 'use of closed network connection')
  }

  received(octets: Uint8Array): void {
    if (this.#done) return
    const { observer } = this.#context
    const reply = acceptReply(octets, this.question, this.#id)
    if (typeof reply === 'string') {
      observer.ignored(reply)
      if (reply === 'wrong_id') this.#escalate()
    } else if (octets.length > UDP_SIZE_OCTETS && !this.#escalated) {
      this.#held = reply
      observer.ignored('oversize' satisfies Ignored)
      this.#escalate()
    } else if (this.#tcpPending) {
      this.#held ??= reply
    } else {
      this.#finish(reply)
    }
  }

  failed(operation: Operation, error: NodeJS.ErrnoException): void {
    this.#fail(operation, systemReason(operation, error))
  }

  #send(nowMs: number): void {
    this.#sentAtMs = nowMs
    this.#socket.send(encodeQuestion(this.question, this.#id))
  }

  #escalate(): void {
    if (this.#escalated) return
    this.#escalated = true
    this.#tcpPending = true
    this.#context.overTcp(this).then(
      reply => this.#finish(reply),
      () => this.#tcpFailed(),
    )
  }

  #tcpFailed(): void {
    this.#tcpPending = false
    if (this.#held !== null) this.#finish(this.#held)
    else if (this.#failure !== null) this.#end(this.#failure)
  }

  #fail(operation: Operation, reason: string): void {
    if (this.#done || this.#failure !== null) return
    const failure = exchangeError(operation, 'udp', this.#socket.local, this.#context.address, reason)
    if (this.#tcpPending) this.#failure = failure
    else this.#end(failure)
  }

  #finish(reply: Message): void {
    if (this.#done) return
    this.#close()
    this.#resolve(reply)
  }

  #end(failure: Error): void {
    if (this.#done) return
    this.#close()
    this.#reject(failure)
  }

  #close(): void {
    this.#done = true
    this.#socket.close()
    this.#context.closed(this)
  }
}
