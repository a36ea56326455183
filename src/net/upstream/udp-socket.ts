import type { Operation } from '#net/upstream/exchange-error.ts'

/** Hears of what comes to a socket. */
export interface UdpSocketOwner {
  /** A datagram from the upstream came; the octets are good until this returns. */
  received(octets: Uint8Array): void
  /** Nothing can be sent, or the system tells of an error; the owner is to close the socket. */
  failed(operation: Operation, error: NodeJS.ErrnoException): void
}

/**
 * A UDP socket for one question, connected to its upstream: the kernel picks a fresh random port for it, and drops what other
 * addresses send.
 */
export interface UdpSocket {
  /** Its own `address:port`; empty as long as it has none. */
  readonly local: string
  /**
   * Sends a message, whose octets may be used anew afterwards; the first time it connects before. May tell the owner of a failure before
   * it returns.
   */
  send(message: Uint8Array): void
  /** May be called again. */
  close(): void
}

/** Makes sockets to one upstream. Nothing is opened before something is sent. */
export type UdpSocketMaker = (owner: UdpSocketOwner) => UdpSocket
