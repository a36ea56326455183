import type { Clock } from '#lib/clock.ts'
import type { UpstreamAddress } from '#net/upstream/address.ts'
import { Deadlines } from '#net/upstream/deadlines.ts'
import { exchangeError } from '#net/upstream/exchange-error.ts'
import type { HealthCheck } from '#net/upstream/health.ts'
import { HealthProbe } from '#net/upstream/health.ts'
import type { UpstreamObserver } from '#net/upstream/observer.ts'
import type { UpstreamQuestion } from '#net/upstream/question.ts'
import type { SocketBudget } from '#net/upstream/socket-budget.ts'
import { TcpPool } from '#net/upstream/tcp-pool.ts'
import type { UdpExchangeContext } from '#net/upstream/udp-exchange.ts'
import { UdpExchange } from '#net/upstream/udp-exchange.ts'
import { udpSocketsTo } from '#net/upstream/udp-sockets.ts'
import { Flag } from '#wire/constants.ts'
import type { Message } from '#wire/message.ts'

/** How an upstream is spoken to; times in milliseconds. */
export interface UpstreamOptions {
  readonly sourceAddress: string | null
  readonly readTimeoutMs: number
  readonly expireMs: number
  readonly maxAgeMs: number
  readonly maxIdleConnections: number
  readonly healthCheck: HealthCheck
}

/** How one question is to be sent. */
export interface ExchangeOptions {
  readonly tcp: boolean
  /** Whether a truncated UDP reply is asked for again over TCP. */
  readonly retryTruncated: boolean
  /** Monotonic milliseconds after which nobody waits for the reply. */
  readonly deadlineMs: number
  /** Is given each exchange over UDP that begins for the question, which can be told that others ask the same. */
  readonly onUdp?: (exchange: UdpExchange) => void
}

/** A server that questions are passed on to: its sockets, its connections and what is known of its health. */
export class Upstream {
  readonly address: UpstreamAddress
  readonly #options: UpstreamOptions
  readonly #observer: UpstreamObserver
  readonly #budget: SocketBudget
  readonly #clock: Clock
  readonly #pool: TcpPool
  readonly #probe: HealthProbe
  readonly #exchanges = new Deadlines<UdpExchange>()
  readonly #context: UdpExchangeContext
  #closed = false

  constructor(
    address: UpstreamAddress,
    options: UpstreamOptions,
    observer: UpstreamObserver,
    budget: SocketBudget,
    clock: Clock,
  ) {
    this.address = address
    this.#options = options
    this.#observer = observer
    this.#budget = budget
    this.#clock = clock
    const { sourceAddress, expireMs, maxAgeMs, maxIdleConnections } = options
    this.#pool = new TcpPool({
      address,
      sourceAddress,
      expireMs,
      maxAgeMs,
      maxIdle: maxIdleConnections,
      observer,
      budget,
      clock,
    })
    this.#context = {
      address,
      makeSocket: udpSocketsTo(address, sourceAddress),
      observer,
      overTcp: exchange => this.#pool.exchange(exchange.question, Math.max(1, this.#exchanges.leftMs(exchange))),
      closed: exchange => {
        this.#budget.release()
        this.#exchanges.delete(exchange)
      },
    }
    this.#probe = new HealthProbe(options.healthCheck, observer, (question, tcp, timeoutMs) =>
      tcp ? this.#pool.exchange(question, timeoutMs) : this.#overUdp(question, timeoutMs),
    )
  }

  /** Probes in a row that failed since an exchange failed; 0 for a healthy upstream. */
  get fails(): number {
    return this.#probe.fails
  }

  /** Sockets to this upstream that are open. */
  get openSockets(): number {
    return this.#exchanges.size + this.#pool.size
  }

  /** Begins to probe the upstream until it answers; does nothing while it is being probed. */
  startProbing(): void {
    if (!this.#closed) this.#probe.start()
  }

  /** Asks a question. Rejects with an ExchangeError after the read timeout, the deadline, or what the network says. */
  async exchange(question: UpstreamQuestion, options: ExchangeOptions): Promise<Message> {
    const beganAtMs = this.#clock.nowMs()
    let reply = await this.#ask(question, options, options.tcp)
    if (options.retryTruncated && !options.tcp && (reply.flags & Flag.TC) !== 0) {
      reply = await this.#ask(question, options, true)
    }
    this.#observer.answered(reply.rcode, (this.#clock.nowMs() - beganAtMs) / 1000)
    return reply
  }

  /** Stops probing and closes every socket; exchanges under way fail. */
  close(): void {
    this.#closed = true
    this.#probe.stop()
    this.#pool.close()
    for (const exchange of this.#exchanges.items()) exchange.cancel()
  }

  #ask(question: UpstreamQuestion, { deadlineMs, onUdp }: ExchangeOptions, tcp: boolean): Promise<Message> {
    const timeoutMs = Math.max(1, Math.min(this.#options.readTimeoutMs, deadlineMs - this.#clock.nowMs()))
    if (tcp) return this.#pool.exchange(question, timeoutMs)
    this.#observer.socket('udp', false)
    return this.#overUdp(question, timeoutMs, onUdp)
  }

  #overUdp(question: UpstreamQuestion, timeoutMs: number, onUdp?: (exchange: UdpExchange) => void): Promise<Message> {
    if (this.#closed) return this.#noDial('use of closed network connection')
    if (!this.#budget.take()) return this.#noDial('too many sockets to upstreams')
    const exchange = new UdpExchange(this.#context, question)
    this.#exchanges.add(exchange, timeoutMs)
    onUdp?.(exchange)
    exchange.begin()
    return exchange.reply
  }

  #noDial(reason: string): Promise<never> {
    return Promise.reject(exchangeError('dial', 'udp', '', this.address, reason))
  }
}
