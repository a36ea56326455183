import type { OnDrop } from '#net/drop.ts'
import type { Responder } from '#net/responder.ts'

/** What a UDP transport is told. */
export interface UdpOptions {
  /** An IP address; `''`, `0.0.0.0` and `::` all stand for every IPv4 and IPv6 address, as in CoreDNS. */
  readonly address: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly responder: Responder
  readonly onDrop?: OnDrop
  /** Size asked for the socket's receive buffer, in octets; the system may give less (net.core.rmem_max on Linux). */
  readonly receiveBufferOctets?: number
  /** Lets several sockets share the address, the system spreading queries over them (SO_REUSEPORT). */
  readonly reusePort?: boolean
}

/** Room for a reply that `Responder.answer` writes at once, in octets. */
export const MAX_UDP_REPLY_OCTETS = 4096

/** Receive buffer asked for unless told otherwise: about 20,000 small queries. */
export const DEFAULT_RECEIVE_BUFFER_OCTETS: number = 4 << 20

/** More than this many octets of replies waiting for the system, and further replies are dropped. */
export const MAX_QUEUED_OCTETS: number = 1 << 20
