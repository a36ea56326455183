import type { Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import type { Deferred } from '#lib/deferred.ts'
import { deferred } from '#lib/deferred.ts'
import { lookMeanwhile } from '#net/batch/readiness.ts'
import { acceptReply, encodeQuestion } from '#net/upstream/accept.ts'
import type { UpstreamAddress } from '#net/upstream/address.ts'
import type { Operation } from '#net/upstream/exchange-error.ts'
import { exchangeError, localText, systemReason } from '#net/upstream/exchange-error.ts'
import type { Ignored, UpstreamObserver } from '#net/upstream/observer.ts'
import type { UpstreamQuestion } from '#net/upstream/question.ts'
import { UDP_SIZE_OCTETS } from '#net/upstream/question.ts'
import { randomId } from '#net/upstream/random-id.ts'
import type { Message } from '#wire/message.ts'

/** What a UDP exchange is made with. */
export interface UdpExchangeOptions {
  readonly address: UpstreamAddress
  /** The address to send from, or `null` for the system's choice. */
  readonly sourceAddress: string | null
  readonly question: UpstreamQuestion
  readonly timeoutMs: number
  readonly observer: UpstreamObserver
  /** Asks the same question over TCP; called at most once, when somebody may be forging replies. */
  readonly overTcp: () => Promise<Message>
  /** Called once, when the socket is closed. */
  readonly closed: () => void
}

/**
 * One question over UDP, on a connected socket of its own, so that the kernel picks a fresh random port and drops what
 * other addresses send. Only the right reply ends the wait before the deadline. A wrong ID or an oversized datagram from
 * the upstream's address moves the question to TCP at once; a right reply that comes over UDP meanwhile is kept for the
 * case that TCP fails.
 */
export class UdpExchange {
  readonly #options: UdpExchangeOptions
  readonly #id = randomId()
  readonly #socket: Socket
  readonly #timer: NodeJS.Timeout
  readonly #settle: Deferred<Message> = deferred<Message>()
  #connected = false
  #done = false
  #escalated = false
  #tcpPending = false
  #held: Message | null = null
  #failure: Error | null = null

  constructor(options: UdpExchangeOptions) {
    this.#options = options
    const { address, timeoutMs } = options
    this.#socket = createSocket({ type: address.family === 4 ? 'udp4' : 'udp6', lookup: noLookup })
    this.#timer = setTimeout(() => this.#fail('read', 'i/o timeout'), timeoutMs)
    this.#socket.on('message', octets => this.#receive(octets))
    this.#socket.on('error', error => this.#systemError(error))
  }

  /** Asks; to be called once. Rejects with an ExchangeError. */
  run(): Promise<Message> {
    // Either call may fail, and close everything, before it returns.
    const { sourceAddress } = this.#options
    if (sourceAddress === null) this.#connect()
    else this.#socket.bind({ port: 0, address: sourceAddress, exclusive: true }, () => this.#connect())
    return this.#settle.promise
  }

  /** Gives up, for instance because the configuration is over. */
  cancel(): void {
    this.#fail('read', 'use of closed network connection')
  }

  #connect(): void {
    if (this.#done) return
    const { address } = this.#options
    this.#socket.connect(address.port, address.host, (error?: Error) => {
      if (error) this.#systemError(error)
      else this.#send()
    })
  }

  #send(): void {
    if (this.#done) return
    this.#connected = true
    this.#socket.send(encodeQuestion(this.#options.question, this.#id), error => {
      if (error !== null) this.#systemError(error, 'write')
    })
  }

  #receive(octets: Uint8Array): void {
    if (this.#done) return
    lookMeanwhile()
    const reply = acceptReply(octets, this.#options.question, this.#id)
    if (typeof reply === 'string') {
      this.#options.observer.ignored(reply)
      if (reply === 'wrong_id') this.#escalate()
    } else if (octets.length > UDP_SIZE_OCTETS && !this.#escalated) {
      this.#held = reply
      this.#options.observer.ignored('oversize' satisfies Ignored)
      this.#escalate()
    } else if (this.#tcpPending) {
      this.#held ??= reply
    } else {
      this.#finish(reply)
    }
  }

  #escalate(): void {
    if (this.#escalated) return
    this.#escalated = true
    this.#tcpPending = true
    this.#options.overTcp().then(
      reply => this.#finish(reply),
      () => this.#tcpFailed(),
    )
  }

  #tcpFailed(): void {
    this.#tcpPending = false
    if (this.#held !== null) this.#finish(this.#held)
    else if (this.#failure !== null) this.#reject(this.#failure)
  }

  #systemError(error: NodeJS.ErrnoException, operation: Operation = this.#connected ? 'read' : 'dial'): void {
    this.#fail(operation, systemReason(operation, error))
  }

  #fail(operation: Operation, reason: string): void {
    if (this.#done || this.#failure !== null) return
    const failure = exchangeError(operation, 'udp', this.#local(), this.#options.address, reason)
    if (this.#tcpPending) this.#failure = failure
    else this.#reject(failure)
  }

  #finish(reply: Message): void {
    if (this.#done) return
    this.#close()
    this.#settle.resolve(reply)
  }

  #reject(failure: Error): void {
    if (this.#done) return
    this.#close()
    this.#settle.reject(failure)
  }

  #close(): void {
    this.#done = true
    clearTimeout(this.#timer)
    this.#socket.close()
    this.#options.closed()
  }

  #local(): string {
    if (!this.#connected) return ''
    const { address, port } = this.#socket.address()
    return localText(address, port)
  }
}

/** Answers the lookups that node:dgram makes even for IP addresses, without a turn of the event loop. */
function noLookup(
  host: string,
  options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  callback(null, host, options === 6 ? 6 : 4)
}
