import type { UpstreamAddress } from '#net/upstream/address.ts'
import { hostPort } from '#net/upstream/address.ts'

/** Why an exchange with an upstream brought no reply; the message is worded as Go words it, since alerts match on it. */
export class ExchangeError extends Error {
  override readonly name: string = 'ExchangeError'
  /** Whether the peer closed the connection, so that a new connection may do better. */
  readonly closedByPeer: boolean

  constructor(message: string, closedByPeer = false) {
    super(message)
    this.closedByPeer = closedByPeer
  }
}

/** What was going on when the exchange failed. */
export type Operation = 'dial' | 'read' | 'write'

/** `read udp 127.0.0.1:4242->127.0.0.1:53: i/o timeout`; a dial has no local address yet. */
export function exchangeError(
  operation: Operation,
  protocol: 'udp' | 'tcp',
  local: string,
  remote: UpstreamAddress,
  reason: string,
  closedByPeer = false,
): ExchangeError {
  const path = local === '' ? remote.text : `${local}->${remote.text}`
  return new ExchangeError(`${operation} ${protocol} ${path}: ${reason}`, closedByPeer)
}

/** The reason of a system error in Go's words: `read: connection refused`. */
export function systemReason(operation: Operation, error: NodeJS.ErrnoException): string {
  const call = operation === 'dial' ? 'connect' : operation
  const words = reasons[error.code ?? '']
  return words === undefined ? error.message : `${call}: ${words}`
}

/** `address:port` of a socket's own end, or the empty text when it has none. */
export function localText(address: string | undefined, port: number | undefined): string {
  return address === undefined || port === undefined ? '' : hostPort(address, port)
}

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EADDRNOTAVAIL: "can't assign requested address",
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTDOWN: 'host is down',
  EHOSTUNREACH: 'no route to host',
  EMFILE: 'too many open files',
  EMSGSIZE: 'message too long',
  ENETUNREACH: 'network is unreachable',
  ENFILE: 'too many open files in system',
  ENOBUFS: 'no buffer space available',
  EPERM: 'operation not permitted',
  EPIPE: 'broken pipe',
  ETIMEDOUT: 'connection timed out',
}
