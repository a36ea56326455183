import type { ShareableListener } from '#net/responder.ts'

/** `batch` is recvmmsg and sendmmsg on Linux, `dgram` is node:dgram. */
export type UdpKind = 'batch' | 'dgram'

/** A listener on UDP, and which transport it is. */
export interface UdpListener extends ShareableListener {
  readonly kind: UdpKind
}
