import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Server } from 'node:tls'
import tls from 'node:tls'
import type { TlsTerms, TlsTermsSource } from '#lib/tls-terms.ts'
import { certificateRequest, isAccepted } from '#net/client-auth.ts'
import type { OnDrop } from '#net/drop.ts'

/** Handshakes begun in one turn of the event loop: each takes up to a millisecond of the processor, and others have their turn. */
const BEGUN_PER_TURN = 16

/** Clients that may be on their way through the handshake; one more takes the place of the one that came first. */
const MAX_UNDER_WAY = 250

/** What becomes of clients, and how long they may take. */
export interface HandshakeOptions {
  readonly source: TlsTermsSource
  /** How long a handshake may take, in milliseconds. */
  readonly timeoutMs: number
  readonly onSecure: (socket: Socket) => void
  readonly onDrop: OnDrop
}

/**
 * Takes connections that were just accepted, and not read from (`pauseOnConnect`), through the handshake: TLS 1.2 or newer, with the
 * ALPN name `dot` or none (RFC 7858, RFC 8310).
 */
export class Handshakes {
  /** Set anew when a configuration is reloaded. */
  source: TlsTermsSource
  readonly #options: HandshakeOptions
  /** Listens nowhere: it is handed connections. */
  #server: Server
  #terms: TlsTerms
  /** By the client's address and port, in the order of their coming. */
  readonly #underWay = new Map<string, Socket>()
  /** Those of them that have not begun. */
  #waiting: Socket[] = []
  #isScheduled = false

  constructor(options: HandshakeOptions) {
    this.#options = options
    this.source = options.source
    this.#terms = options.source.terms
    this.#server = this.#serverFor(this.#terms)
  }

  /** Takes on a client. */
  add(socket: Socket): void {
    const client = clientOf(socket)
    if (this.#underWay.size >= MAX_UNDER_WAY) this.#turnAwayOldest()
    this.#underWay.set(client, socket)
    socket.on('error', ignoreError) // 'close' follows.
    socket.on('close', () => {
      if (this.#underWay.get(client) === socket) this.#underWay.delete(client)
    })
    this.#waiting.push(socket)
    this.#beginSoon()
  }

  /** Turns away all who are not through. */
  close(): void {
    for (const socket of this.#underWay.values()) socket.destroy()
    this.#underWay.clear()
    this.#waiting = []
  }

  #beginSoon(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#begin())
  }

  #begin(): void {
    this.#isScheduled = false
    const { terms } = this.source
    if (terms !== this.#terms) {
      this.#terms = terms
      this.#server = this.#serverFor(terms)
    }
    let begun = 0
    let next = 0
    while (next < this.#waiting.length && begun < BEGUN_PER_TURN) {
      const socket = this.#waiting[next++]!
      if (socket.destroyed) continue
      begun++
      this.#server.emit('connection', socket)
    }
    this.#waiting.splice(0, next)
    if (this.#waiting.length > 0) this.#beginSoon()
  }

  #serverFor(terms: TlsTerms): Server {
    const { onSecure, onDrop, timeoutMs } = this.#options
    const { onSecret } = terms
    const server = tls.createServer({
      cert: terms.certificate,
      key: terms.key,
      ...(terms.authorities === null ? {} : { ca: terms.authorities }),
      ...certificateRequest(terms.clientAuth),
      minVersion: 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      ALPNProtocols: ['dot'],
      ticketKeys: Buffer.from(terms.ticketKeys),
      handshakeTimeout: timeoutMs,
    })
    server.on('secureConnection', socket => {
      this.#underWay.delete(clientOf(socket))
      if (isAccepted(socket, terms.clientAuth)) return onSecure(socket)
      socket.on('error', ignoreError)
      socket.destroy()
      onDrop('handshake failed', 1)
    })
    server.on('tlsClientError', (_error, socket) => {
      socket.destroy()
      onDrop('handshake failed', 1)
    })
    if (onSecret !== null) server.on('keylog', onSecret)
    return server
  }

  #turnAwayOldest(): void {
    for (const [client, socket] of this.#underWay) {
      this.#underWay.delete(client)
      socket.destroy()
      this.#options.onDrop('too many connections', 1)
      return
    }
  }
}

function clientOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

function ignoreError(): void {}
