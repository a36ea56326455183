import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import net from 'node:net'
import { isWildcard, joinHostPort } from '#net/address.ts'
import { allowSharing } from '#net/batch/shared-address.ts'
import { bindError, errorCode } from '#net/bind-error.ts'
import { MAX_WAITING_OCTETS } from '#net/stream-limits.ts'

/** Connections that the system keeps for us until we accept them. */
const BACKLOG = 1024

/** Where and how streams are accepted. */
export interface StreamAddress {
  /** An IP address; `''`, `0.0.0.0` and `::` all stand for every IPv4 and IPv6 address, as in CoreDNS. */
  readonly address: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Lets several sockets share the address, the system spreading connections over them (SO_REUSEPORT). */
  readonly reusePort?: boolean
}

/** Who is given connections, and in which state. */
export interface Acceptor {
  accept(socket: Socket): void
  /** A connection could not be accepted (no file descriptor left): the client's loss alone. */
  onAcceptError(): void
  /** Whether connections are not read from until the acceptor does. */
  readonly pauseOnConnect: boolean
}

/** A socket that accepts connections. */
export class StreamServer {
  readonly address: string
  readonly port: number
  readonly #server: Server
  #isShared: boolean

  /** Listens. Rejects with Go's text when the address cannot be bound. */
  static async listen(where: StreamAddress, acceptor: Acceptor): Promise<StreamServer> {
    return new StreamServer(await bindStream(where, acceptor), where.reusePort ?? false)
  }

  constructor(server: Server, isShared: boolean) {
    const bound = server.address()
    this.address = bound !== null && typeof bound === 'object' ? bound.address : ''
    this.port = bound !== null && typeof bound === 'object' ? bound.port : 0
    this.#server = server
    this.#isShared = isShared
  }

  /** Whether other sockets have the address as well. */
  get isShared(): boolean {
    return this.#isShared
  }

  /** Lets other sockets bind the address; whether the system can do that to a bound one. */
  allowSharing(): boolean {
    this.#isShared ||= allowSharing(descriptorOf(this.#server))
    return this.#isShared
  }

  /** Accepts no more; settles when all connections are closed. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }
}

async function bindStream(where: StreamAddress, acceptor: Acceptor): Promise<Server> {
  if (!isWildcard(where.address)) return bindAddress(where, where.address, false, acceptor)
  try {
    return await bindAddress(where, '::', true, acceptor)
  } catch (error) {
    const code = errorCode(error)
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error
    return bindAddress(where, '0.0.0.0', true, acceptor) // A machine without IPv6.
  }
}

async function bindAddress(
  { port, reusePort }: StreamAddress,
  host: string,
  wildcard: boolean,
  acceptor: Acceptor,
): Promise<Server> {
  const { pauseOnConnect } = acceptor
  const options = { allowHalfOpen: true, noDelay: true, highWaterMark: MAX_WAITING_OCTETS, pauseOnConnect }
  const server = net.createServer(options, socket => acceptor.accept(socket))
  try {
    const listening = once(server, 'listening') // Rejects on 'error'.
    server.listen({ host, port, ipv6Only: !wildcard, reusePort: reusePort ?? false, backlog: BACKLOG })
    await listening
  } catch (error) {
    server.close()
    throw bindError('tcp', joinHostPort(wildcard ? '' : host, port), error)
  }
  server.on('error', () => acceptor.onAcceptError())
  return server
}

/** The file descriptor of a server, which Node keeps on an internal object; -1 where it does not. */
function descriptorOf(server: Server): number {
  const { _handle: handle } = server as unknown as { _handle?: { fd?: unknown } | null }
  return typeof handle?.fd === 'number' ? handle.fd : -1
}
