import { whyNoCLibrary } from '#net/batch/c-library.ts'
import { errorCode } from '#net/bind-error.ts'
import { listenUdpInBatches } from '#net/udp-batch.ts'
import { listenUdp as listenUdpPortably } from '#net/udp-dgram.ts'
import type { UdpListener } from '#net/udp-listener.ts'
import type { UdpOptions } from '#net/udp-options.ts'
import { isForcedPortable, wantedLibrary } from '#net/wanted-library.ts'

/**
 * Listens for DNS over UDP with the fastest transport that this system has; the environment variable
 * `NODENS_UDP=dgram` forces the portable one.
 */
export async function listenUdp(options: UdpOptions): Promise<UdpListener> {
  return tryInBatches(options) ?? (await listenUdpPortably(options))
}

/** Which transport that is here, and why if it is the portable one; for the log of a start. */
export function udpTransportText(): string {
  if (isForcedPortable()) return 'UDP over node:dgram: NODENS_UDP=dgram'
  const reason = whyNoCLibrary()
  return reason === '' ? 'UDP in batches: recvmmsg, sendmmsg' : `UDP over node:dgram: ${reason}`
}

function tryInBatches(options: UdpOptions): UdpListener | null {
  if (options.address.includes('%')) return null // A zone is an interface's name, whose number node:dgram finds out.
  const c = wantedLibrary()
  if (c === null) return null
  try {
    return listenUdpInBatches(c, options)
  } catch (error) {
    if (errorCode(error) !== '') throw error // The address cannot be had, not by other means either.
    return null
  }
}
