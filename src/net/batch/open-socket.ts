import { isWildcard, joinHostPort } from '#net/address.ts'
import type { CLibrary } from '#net/batch/c-library.ts'
import { closeDescriptor, openDatagramSocket } from '#net/batch/descriptors.ts'
import {
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOL_SOCKET,
} from '#net/batch/linux.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'
import { SOCKET_ADDRESS_OCTETS, socketPort, writeSocketAddress } from '#net/batch/socket-address.ts'
import { bindError, errorCode } from '#net/bind-error.ts'
import type { UdpOptions } from '#net/udp-options.ts'
import { DEFAULT_RECEIVE_BUFFER_OCTETS } from '#net/udp-options.ts'

/** A bound UDP socket. */
export interface OpenSocket {
  readonly fd: number
  readonly address: string
  readonly port: number
  /** Whether messages come with the address that they were sent to. */
  readonly isWildcard: boolean
}

/** Opens and binds a UDP socket; throws with Go's text if it cannot be had. */
export function openSocket(c: CLibrary, options: UdpOptions): OpenSocket {
  if (!isWildcard(options.address)) return open(c, options, options.address, false)
  try {
    return open(c, options, '::', true)
  } catch (error) {
    const code = errorCode(error)
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error
    return open(c, options, '0.0.0.0', true) // A machine without IPv6.
  }
}

function open(c: CLibrary, options: UdpOptions, address: string, wildcard: boolean): OpenSocket {
  const asked = joinHostPort(wildcard ? '' : address, options.port)
  const fd = openDatagramSocket(c, address.includes(':') ? 6 : 4)
  if (fd < 0) throw failure(c, asked)
  const scratch = new NativeMemory(c, 128)
  setOptions(c, fd, options, address, wildcard, scratch)
  const length = writeSocketAddress(scratch.octets, 0, address, options.port)
  if (c.bind(fd, scratch.address, length) !== 0) {
    const error = failure(c, asked)
    closeDescriptor(c, fd)
    throw error
  }
  scratch.view.setUint32(64, SOCKET_ADDRESS_OCTETS, true)
  c.getsockname(fd, scratch.address, scratch.address + 64n)
  return { fd, address, port: socketPort(scratch.octets, 0), isWildcard: wildcard }
}

function setOptions(
  c: CLibrary,
  fd: number,
  options: UdpOptions,
  address: string,
  wildcard: boolean,
  scratch: NativeMemory,
): void {
  const set = (level: number, option: number, value: number): boolean => {
    scratch.view.setInt32(0, value, true)
    return c.setsockopt(fd, level, option, scratch.address, 4) === 0
  }
  const receive = options.receiveBufferOctets ?? DEFAULT_RECEIVE_BUFFER_OCTETS
  // Beyond the system's limit only with CAP_NET_ADMIN; else as much as the limit allows.
  if (!set(SOL_SOCKET, SO_RCVBUFFORCE, receive)) set(SOL_SOCKET, SO_RCVBUF, receive)
  if (!set(SOL_SOCKET, SO_SNDBUFFORCE, receive)) set(SOL_SOCKET, SO_SNDBUF, receive)
  if (options.reusePort) set(SOL_SOCKET, SO_REUSEPORT, 1)
  if (!address.includes(':')) {
    if (wildcard) set(IPPROTO_IP, IP_PKTINFO, 1)
    return
  }
  set(IPPROTO_IPV6, IPV6_V6ONLY, wildcard ? 0 : 1)
  if (wildcard) set(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
}

function failure(c: CLibrary, asked: string): Error {
  const code = c.errorName()
  return bindError('udp', asked, Object.assign(new Error(code), { code }))
}
