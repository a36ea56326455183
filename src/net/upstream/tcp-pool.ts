import type { Clock } from '#lib/clock.ts'
import type { UpstreamAddress } from '#net/upstream/address.ts'
import { ExchangeError, exchangeError } from '#net/upstream/exchange-error.ts'
import type { UpstreamObserver } from '#net/upstream/observer.ts'
import type { UpstreamQuestion } from '#net/upstream/question.ts'
import type { SocketBudget } from '#net/upstream/socket-budget.ts'
import { TcpConnection } from '#net/upstream/tcp-connection.ts'
import type { Message } from '#wire/message.ts'

/** Connections to one upstream before questions share them. */
const MAX_UNSHARED = 16
/** Questions that wait on one connection before a further connection is opened all the same. */
const MAX_PIPELINED = 128

/** What a pool is made with; times in milliseconds. */
export interface TcpPoolOptions {
  readonly address: UpstreamAddress
  readonly sourceAddress: string | null
  /** How long a connection may lie idle; with 0 none is kept. */
  readonly expireMs: number
  /** How long a connection is used at all; 0 is for ever. */
  readonly maxAgeMs: number
  /** How many idle connections are kept; 0 is any number. */
  readonly maxIdle: number
  readonly observer: UpstreamObserver
  readonly budget: SocketBudget
  readonly clock: Clock
}

/** The TCP connections to one upstream: idle ones are used again, and redialed without a word when the peer closed them. */
export class TcpPool {
  readonly #options: TcpPoolOptions
  readonly #connections = new Set<TcpConnection>()
  /** Idle connections, the one idle for longest first, and when each is to be closed. */
  readonly #idle = new Map<TcpConnection, number>()
  #sweeper: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: TcpPoolOptions) {
    this.#options = options
  }

  /** Connections that are open or being opened. */
  get size(): number {
    return this.#connections.size
  }

  /** Asks a question; rejects with an ExchangeError, after about `timeoutMs` at the latest. */
  async exchange(question: UpstreamQuestion, timeoutMs: number): Promise<Message> {
    const deadlineMs = this.#options.clock.nowMs() + timeoutMs
    const connection = this.#pick()
    const mayBeStale = connection.seasoned
    try {
      return await connection.ask(question, timeoutMs)
    } catch (error) {
      const leftMs = deadlineMs - this.#options.clock.nowMs()
      const redial = mayBeStale && error instanceof ExchangeError && error.closedByPeer && leftMs > 0
      if (!redial || this.#closed) throw error
      return this.#dial().ask(question, leftMs)
    }
  }

  /** Closes every connection; pending questions fail. */
  close(): void {
    this.#closed = true
    if (this.#sweeper !== null) clearTimeout(this.#sweeper)
    this.#sweeper = null
    for (const connection of [...this.#connections]) connection.close()
  }

  #pick(): TcpConnection {
    const connection = this.#takeIdle() ?? this.#share()
    if (connection === undefined) return this.#dial()
    this.#options.observer.socket('tcp', true)
    return connection
  }

  #takeIdle(): TcpConnection | undefined {
    for (const connection of this.#idle.keys()) {
      this.#idle.delete(connection)
      if (!this.#tooOld(connection)) return connection
      connection.close()
    }
    return undefined
  }

  /** The connection with the fewest waiting questions, once there are enough connections. */
  #share(): TcpConnection | undefined {
    if (this.#connections.size < MAX_UNSHARED) return undefined
    let best: TcpConnection | undefined
    for (const connection of this.#connections) {
      if (this.#tooOld(connection)) connection.retired = true
      if (!connection.retired && connection.pending < (best?.pending ?? MAX_PIPELINED)) best = connection
    }
    return best
  }

  #dial(): TcpConnection {
    const { address, sourceAddress, observer, budget, clock } = this.#options
    if (this.#closed) throw exchangeError('dial', 'tcp', '', address, 'use of closed network connection')
    if (!budget.take()) throw exchangeError('dial', 'tcp', '', address, 'too many sockets to upstreams')
    observer.socket('tcp', false)
    const owner = {
      idle: (connection: TcpConnection) => this.#putIdle(connection),
      silent: () => this.#closeIdle(),
      over: (connection: TcpConnection) => this.#forget(connection),
    }
    const connection = new TcpConnection(address, sourceAddress, observer, owner, clock.nowMs())
    this.#connections.add(connection)
    return connection
  }

  #putIdle(connection: TcpConnection): void {
    const { expireMs, maxIdle, clock } = this.#options
    const full = maxIdle > 0 && this.#idle.size >= maxIdle
    if (expireMs === 0 || full || this.#tooOld(connection)) {
      connection.close()
    } else {
      this.#idle.set(connection, clock.nowMs() + expireMs)
      this.#scheduleSweep(expireMs)
    }
  }

  /** After a silence the idle connections may be dead too, as when the path broke: finding out costs a timeout each. */
  #closeIdle(): void {
    for (const connection of [...this.#idle.keys()]) connection.close()
  }

  #tooOld(connection: TcpConnection): boolean {
    const { maxAgeMs, clock } = this.#options
    return maxAgeMs > 0 && clock.nowMs() - connection.openedAtMs >= maxAgeMs
  }

  #forget(connection: TcpConnection): void {
    if (!this.#connections.delete(connection)) return
    this.#idle.delete(connection)
    this.#options.budget.release()
  }

  #scheduleSweep(delayMs: number): void {
    this.#sweeper ??= setTimeout(() => this.#sweep(), delayMs).unref()
  }

  #sweep(): void {
    this.#sweeper = null
    const nowMs = this.#options.clock.nowMs()
    for (const [connection, expiresAtMs] of this.#idle) {
      if (expiresAtMs > nowMs) {
        this.#scheduleSweep(expiresAtMs - nowMs)
        break
      }
      connection.close()
    }
  }
}
