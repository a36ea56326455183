import type { Listener } from '#net/responder.ts'
import { listenUdp as listenUdpPortably } from '#net/udp-dgram.ts'
import type { UdpOptions } from '#net/udp-options.ts'

/** A listener on UDP, and which transport it is. */
export interface UdpListener extends Listener {
  readonly kind: 'batch' | 'dgram'
}

/** Listens for DNS over UDP with the fastest transport that this system has. */
export async function listenUdp(options: UdpOptions): Promise<UdpListener> {
  return Object.assign(await listenUdpPortably(options), { kind: 'dgram' as const })
}
