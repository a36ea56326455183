import { once } from 'node:events'
import type { Server } from 'node:net'
import net from 'node:net'
import { isWildcard, joinHostPort } from '#net/address.ts'
import { allowSharing } from '#net/batch/shared-address.ts'
import { bindError, errorCode } from '#net/bind-error.ts'
import type { OnDrop } from '#net/drop.ts'
import { ignoreDrops } from '#net/drop.ts'
import type { Responder, ShareableListener } from '#net/responder.ts'
import { StreamConnections } from '#net/stream-connections.ts'
import type { StreamLimits } from '#net/stream-limits.ts'
import { DEFAULT_STREAM_LIMITS, MAX_WAITING_OCTETS } from '#net/stream-limits.ts'

/** Connections that the system keeps for us until we accept them. */
const BACKLOG = 1024

/** How long connections to a shared address may wait for their first query while their listener closes. */
const LET_IN_MS = 100

/** What a TCP listener is told. */
export interface TcpOptions {
  /** An IP address; `''`, `0.0.0.0` and `::` all stand for every IPv4 and IPv6 address, as in CoreDNS. */
  readonly address: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly responder: Responder
  readonly onDrop?: OnDrop
  /** What differs from `DEFAULT_STREAM_LIMITS`. */
  readonly limits?: Partial<StreamLimits>
  /** Lets several sockets share the address, the system spreading connections over them (SO_REUSEPORT). */
  readonly reusePort?: boolean
}

/** A listener on a stream transport. */
export interface StreamListener extends ShareableListener {
  /** Set anew when a configuration is reloaded: holds from then on for connections already open, too. */
  limits: StreamLimits
}

/** Listens for DNS over TCP (RFC 7766). Rejects with Go's text when the address cannot be bound. */
export async function listenTcp(options: TcpOptions): Promise<StreamListener> {
  const connections = new StreamConnections(
    options.responder,
    { ...DEFAULT_STREAM_LIMITS, ...options.limits },
    options.onDrop ?? ignoreDrops,
  )
  return new TcpListener(await bindTcp(options, connections), connections, options.reusePort ?? false)
}

async function bindTcp(options: TcpOptions, connections: StreamConnections): Promise<Server> {
  if (!isWildcard(options.address)) return bindAddress(options, options.address, false, connections)
  try {
    return await bindAddress(options, '::', true, connections)
  } catch (error) {
    const code = errorCode(error)
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error
    return bindAddress(options, '0.0.0.0', true, connections) // A machine without IPv6.
  }
}

async function bindAddress(
  { port, reusePort }: TcpOptions,
  host: string,
  wildcard: boolean,
  connections: StreamConnections,
): Promise<Server> {
  const server = net.createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: MAX_WAITING_OCTETS }, socket =>
    connections.add(socket),
  )
  try {
    const listening = once(server, 'listening') // Rejects on 'error'.
    server.listen({ host, port, ipv6Only: !wildcard, reusePort: reusePort ?? false, backlog: BACKLOG })
    await listening
  } catch (error) {
    server.close()
    throw bindError('tcp', joinHostPort(wildcard ? '' : host, port), error)
  }
  // A connection that cannot be accepted (no file descriptor left) is the client's loss alone.
  server.on('error', () => connections.onDrop('accept error', 1))
  return server
}

class TcpListener implements StreamListener {
  readonly address: string
  readonly port: number
  readonly #server: Server
  readonly #connections: StreamConnections
  #isShared: boolean
  #closed: Promise<void> | null = null

  constructor(server: Server, connections: StreamConnections, isShared: boolean) {
    this.#isShared = isShared
    const bound = server.address()
    this.address = bound !== null && typeof bound === 'object' ? bound.address : ''
    this.port = bound !== null && typeof bound === 'object' ? bound.port : 0
    this.#server = server
    this.#connections = connections
  }

  get responder(): Responder {
    return this.#connections.responder
  }

  set responder(responder: Responder) {
    this.#connections.responder = responder
  }

  get limits(): StreamLimits {
    return this.#connections.limits
  }

  set limits(limits: StreamLimits) {
    this.#connections.limits = limits
  }

  allowSharing(): boolean {
    this.#isShared ||= allowSharing(descriptorOf(this.#server))
    return this.#isShared
  }

  close(graceMs: number): Promise<void> {
    this.#closed ??= this.#close(graceMs)
    return this.#closed
  }

  async #close(graceMs: number): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    // Others serve on: who was accepted here a moment ago has a query on its way, and no reason to be turned away.
    if (this.#isShared && graceMs > 0) await new Promise(resolve => setTimeout(resolve, Math.min(graceMs, LET_IN_MS)))
    await this.#connections.close(graceMs)
    await closed
  }
}

/** The file descriptor of a server, which Node keeps on an internal object; -1 where it does not. */
function descriptorOf(server: Server): number {
  const { _handle: handle } = server as unknown as { _handle?: { fd?: unknown } | null }
  return typeof handle?.fd === 'number' ? handle.fd : -1
}
