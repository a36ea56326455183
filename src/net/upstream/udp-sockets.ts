import type { UpstreamAddress } from '#net/upstream/address.ts'
import { DgramSocket } from '#net/upstream/dgram-socket.ts'
import { systemSocketsTo } from '#net/upstream/system-socket.ts'
import type { UdpSocketMaker } from '#net/upstream/udp-socket.ts'
import { wantedLibrary } from '#net/wanted-library.ts'

/**
 * What makes sockets to an upstream, as cheaply as this system allows; from `sourceAddress`, or what the system chooses if that is
 * `null`.
 */
export function udpSocketsTo(address: UpstreamAddress, sourceAddress: string | null): UdpSocketMaker {
  // A zone is an interface's name, whose number node:dgram finds out.
  const hasZone = address.host.includes('%') || sourceAddress?.includes('%')
  const c = hasZone ? null : wantedLibrary()
  const fromSystem = c === null ? null : systemSocketsTo(c, address, sourceAddress)
  return fromSystem ?? (owner => new DgramSocket(address, sourceAddress, owner))
}
