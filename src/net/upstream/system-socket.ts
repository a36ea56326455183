import type { CLibrary } from '#net/batch/c-library.ts'
import { closeDescriptor, openDatagramSocket } from '#net/batch/descriptors.ts'
import type { Reader } from '#net/batch/epoll.ts'
import { Epoll } from '#net/batch/epoll.ts'
import { MessageRoom } from '#net/batch/message-room.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'
import { SOCKET_ADDRESS_OCTETS, socketAddress, socketPort, writeSocketAddress } from '#net/batch/socket-address.ts'
import type { UpstreamAddress } from '#net/upstream/address.ts'
import type { Operation } from '#net/upstream/exchange-error.ts'
import { localText } from '#net/upstream/exchange-error.ts'
import type { UdpSocket, UdpSocketMaker, UdpSocketOwner } from '#net/upstream/udp-socket.ts'

/** What all sockets of this thread share; made with the first. */
let shared: { readonly epoll: Epoll; readonly room: MessageRoom } | null = null

/**
 * What makes sockets by way of the C library; `null` if the system has no descriptor left to wait with. A socket of node:dgram's costs
 * half as much again: a handle of libuv's with all that Node has around it, for one message each way.
 */
export function systemSocketsTo(
  c: CLibrary,
  address: UpstreamAddress,
  sourceAddress: string | null,
): UdpSocketMaker | null {
  try {
    shared ??= { epoll: new Epoll(c), room: new MessageRoom(c) }
  } catch {
    return null
  }
  const route = new Route(c, shared.epoll, shared.room, address, sourceAddress)
  return owner => new SystemSocket(route, owner)
}

/** Where the sockets to one upstream come from and go to. */
class Route {
  readonly c: CLibrary
  readonly epoll: Epoll
  readonly room: MessageRoom
  readonly family: 4 | 6
  readonly #to: NativeMemory
  readonly #toLength: number
  readonly #from: NativeMemory | null
  readonly #fromLength: number

  constructor(c: CLibrary, epoll: Epoll, room: MessageRoom, to: UpstreamAddress, from: string | null) {
    this.c = c
    this.epoll = epoll
    this.room = room
    this.family = to.family
    this.#to = new NativeMemory(c, SOCKET_ADDRESS_OCTETS)
    this.#toLength = writeSocketAddress(this.#to.octets, 0, to.host, to.port)
    this.#from = from === null ? null : new NativeMemory(c, SOCKET_ADDRESS_OCTETS)
    this.#fromLength = this.#from === null ? 0 : writeSocketAddress(this.#from.octets, 0, from!, 0)
  }

  /** Gives a socket its own address and port, and the upstream's. Whether the system did so. */
  connect(fd: number): boolean {
    if (this.#from !== null && this.c.bind(fd, this.#from.address, this.#fromLength) !== 0) return false
    return this.c.connect(fd, this.#to.address, this.#toLength) === 0
  }

  /** A socket's own address and port. */
  local(fd: number): string {
    const name = new NativeMemory(this.c, SOCKET_ADDRESS_OCTETS + 4)
    name.view.setUint32(SOCKET_ADDRESS_OCTETS, SOCKET_ADDRESS_OCTETS, true)
    if (this.c.getsockname(fd, name.address, name.address + BigInt(SOCKET_ADDRESS_OCTETS)) !== 0) return ''
    return localText(socketAddress(name.octets, 0), socketPort(name.octets, 0))
  }
}

class SystemSocket implements UdpSocket, Reader {
  readonly #route: Route
  readonly #owner: UdpSocketOwner
  #fd = -1
  #isConnected = false

  constructor(route: Route, owner: UdpSocketOwner) {
    this.#route = route
    this.#owner = owner
  }

  get local(): string {
    return this.#isConnected ? this.#route.local(this.#fd) : ''
  }

  send(message: Uint8Array): void {
    this.#isConnected ||= this.#connect()
    if (!this.#isConnected) this.#fail('dial')
    else if (!this.#route.room.send(this.#fd, message)) this.#fail('write')
  }

  read(): void {
    const octets = this.#route.room.receive(this.#fd)
    if (octets === null) this.#fail('read')
    else this.#owner.received(octets)
  }

  close(): void {
    if (this.#fd < 0) return
    this.#route.epoll.forget(this.#fd)
    closeDescriptor(this.#route.c, this.#fd)
    this.#fd = -1
  }

  #connect(): boolean {
    const { c, family, epoll } = this.#route
    this.#fd = openDatagramSocket(c, family)
    return this.#fd >= 0 && this.#route.connect(this.#fd) && epoll.add(this.#fd, this)
  }

  #fail(operation: Operation): void {
    const code = this.#route.c.errorName()
    if (operation === 'read' && (code === 'EAGAIN' || code === 'EINTR')) return
    this.#owner.failed(operation, Object.assign(new Error(code), { code }))
  }
}
