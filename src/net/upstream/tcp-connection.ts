import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { Deferred } from '#lib/deferred.ts'
import { deferred } from '#lib/deferred.ts'
import { acceptReply, encodeQuestion } from '#net/upstream/accept.ts'
import type { UpstreamAddress } from '#net/upstream/address.ts'
import { exchangeError, localText, systemReason } from '#net/upstream/exchange-error.ts'
import type { UpstreamObserver } from '#net/upstream/observer.ts'
import type { UpstreamQuestion } from '#net/upstream/question.ts'
import { randomId } from '#net/upstream/random-id.ts'
import { HEADER_OCTETS } from '#wire/constants.ts'
import type { Message } from '#wire/message.ts'

interface Pending {
  readonly question: UpstreamQuestion
  readonly timer: NodeJS.Timeout
  readonly settle: Deferred<Message>
}

/** What a connection tells the pool that it belongs to. */
export interface ConnectionOwner {
  /** The last pending question was settled on a connection that can take more. */
  idle(connection: TcpConnection): void
  /** A question was not answered in time. */
  silent(): void
  /** The connection must not be used again. Called once. */
  over(connection: TcpConnection): void
}

/** A TCP connection to an upstream, on which questions are pipelined and replies may come in any order (RFC 7766). */
export class TcpConnection {
  /** Monotonic milliseconds at which the connection was opened. */
  readonly openedAtMs: number
  /** Whether a question was settled on it before: such a connection may have been closed by the peer while it was idle. */
  seasoned = false
  /** Set once no new question may be put on it; it closes when the last pending one is settled. */
  retired = false
  readonly #address: UpstreamAddress
  readonly #observer: UpstreamObserver
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  readonly #pending = new Map<number, Pending>()
  #connected = false
  #closed = false
  #local = ''
  #chunks: Buffer[] = []
  #bufferedOctets = 0

  constructor(
    address: UpstreamAddress,
    sourceAddress: string | null,
    observer: UpstreamObserver,
    owner: ConnectionOwner,
    nowMs: number,
  ) {
    this.#address = address
    this.#observer = observer
    this.#owner = owner
    this.openedAtMs = nowMs
    this.#socket = connect({
      host: address.host,
      port: address.port,
      family: address.family,
      noDelay: true,
      ...(sourceAddress === null ? {} : { localAddress: sourceAddress }),
    })
    this.#socket.on('connect', () => {
      this.#connected = true
      this.#local = localText(this.#socket.localAddress, this.#socket.localPort)
    })
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#socket.on('error', error => this.#systemError(error))
    this.#socket.on('end', () => this.#fail('EOF', true))
    this.#socket.on('close', () => this.#fail('EOF', true))
  }

  /** How many questions wait for their reply. */
  get pending(): number {
    return this.#pending.size
  }

  /** Asks a question; rejects with an ExchangeError, after `timeoutMs` at the latest. */
  ask(question: UpstreamQuestion, timeoutMs: number): Promise<Message> {
    let id = randomId()
    while (this.#pending.has(id)) id = randomId()
    const settle = deferred<Message>()
    const timer = setTimeout(() => this.#timeout(id), timeoutMs)
    this.#pending.set(id, { question, timer, settle })
    const octets = encodeQuestion(question, id)
    const frame = Buffer.allocUnsafe(octets.length + 2)
    frame.writeUInt16BE(octets.length, 0)
    frame.set(octets, 2)
    this.#socket.write(frame)
    return settle.promise
  }

  /** Closes at once; pending questions fail. */
  close(): void {
    this.#fail('use of closed network connection', false)
  }

  #receive(chunk: Buffer): void {
    if (this.#closed) return
    this.#chunks.push(chunk)
    this.#bufferedOctets += chunk.length
    if (this.#bufferedOctets < 2) return
    // Chunks are joined only when a whole message is there, so that a message in many small pieces costs one copy.
    if (this.#chunks[0]!.length < 2) this.#join()
    if (this.#bufferedOctets < 2 + this.#chunks[0]!.readUInt16BE(0)) return
    const octets = this.#join()
    let at = 0
    while (at + 2 <= octets.length && at + 2 + octets.readUInt16BE(at) <= octets.length) {
      const end = at + 2 + octets.readUInt16BE(at)
      this.#accept(octets.subarray(at + 2, end))
      at = end
      if (this.#closed) return
    }
    this.#chunks = at < octets.length ? [octets.subarray(at)] : []
    this.#bufferedOctets = octets.length - at
  }

  #join(): Buffer {
    const joined = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#bufferedOctets)
    this.#chunks = [joined]
    return joined
  }

  #accept(octets: Buffer): void {
    const id = octets.length < HEADER_OCTETS ? -1 : octets.readUInt16BE(0)
    const pending = this.#pending.get(id)
    const reply =
      pending === undefined ? (id < 0 ? 'malformed' : 'wrong_id') : acceptReply(octets, pending.question, id)
    if (typeof reply === 'string') {
      this.#observer.ignored(reply)
    } else if (pending !== undefined) {
      this.#forget(id, pending)
      pending.settle.resolve(reply)
      this.#settled()
    }
  }

  #timeout(id: number): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#forget(id, pending)
    const operation = this.#connected ? 'read' : 'dial'
    pending.settle.reject(exchangeError(operation, 'tcp', this.#local, this.#address, 'i/o timeout'))
    // A peer that owes a reply may be gone without a word: later questions get another connection.
    this.retired = true
    this.#owner.silent()
    this.#settled()
  }

  #settled(): void {
    this.seasoned = true
    if (this.#pending.size > 0) return
    if (this.retired) this.#shut()
    else this.#owner.idle(this)
  }

  #forget(id: number, pending: Pending): void {
    clearTimeout(pending.timer)
    this.#pending.delete(id)
  }

  #systemError(error: NodeJS.ErrnoException): void {
    const operation = this.#connected ? 'read' : 'dial'
    const reset = error.code === 'ECONNRESET' || error.code === 'EPIPE'
    this.#fail(systemReason(operation, error), this.#connected && reset)
  }

  #fail(reason: string, closedByPeer: boolean): void {
    if (this.#closed) return
    this.#shut()
    const operation = this.#connected ? 'read' : 'dial'
    for (const [id, pending] of this.#pending) {
      this.#forget(id, pending)
      pending.settle.reject(exchangeError(operation, 'tcp', this.#local, this.#address, reason, closedByPeer))
    }
  }

  #shut(): void {
    if (this.#closed) return
    this.#closed = true
    this.retired = true
    this.#chunks = []
    this.#socket.destroy()
    this.#owner.over(this)
  }
}
