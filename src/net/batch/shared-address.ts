import type { CLibrary } from '#net/batch/c-library.ts'
import { cLibrary } from '#net/batch/c-library.ts'
import { SO_REUSEPORT, SOL_SOCKET } from '#net/batch/linux.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'
import { SOCKET_ADDRESS_OCTETS, writeSocketAddress } from '#net/batch/socket-address.ts'

/** Port "discard": where a socket is connected to that is to receive nothing more. */
const DISCARD_PORT = 9

/** Lets other sockets bind the address of a socket that is bound already (SO_REUSEPORT); whether the system does so. */
export function allowSharing(fd: number): boolean {
  const c = cLibrary()
  if (c === null || fd < 0) return false
  const memory = new NativeMemory(c, 4)
  memory.view.setInt32(0, 1, true)
  return c.setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, memory.address, 4) === 0
}

/**
 * Has the kernel give no further messages to a UDP socket that shares its address, those waiting in it aside: they go to
 * the other sockets. Sending goes on. Connecting does that, since from then on messages of other senders do not match.
 */
export function receiveNoMore(c: CLibrary, fd: number, isIpv6: boolean): void {
  const memory = new NativeMemory(c, SOCKET_ADDRESS_OCTETS)
  const length = writeSocketAddress(memory.octets, 0, isIpv6 ? '::1' : '127.0.0.1', DISCARD_PORT)
  c.connect(fd, memory.address, length)
}
