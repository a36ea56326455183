import type { SocketIdentity } from '#net/batch/shared-address.ts'
import type { ShareableListener } from '#net/responder.ts'

/** `batch` is recvmmsg and sendmmsg on Linux, `dgram` is node:dgram. */
export type UdpKind = 'batch' | 'dgram'

/** A listener on UDP, and which transport it is. */
export interface UdpListener extends ShareableListener {
  readonly kind: UdpKind
  /** The socket, if nobody else would close it should this thread be terminated; else `null`. */
  readonly identity: SocketIdentity | null
}
