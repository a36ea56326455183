import type { RemoteInfo, Socket } from 'node:dgram'
import dgram from 'node:dgram'
import { once } from 'node:events'
import type { Peer } from '#lib/peer.ts'
import { isWildcard, joinHostPort, plainAddress } from '#net/address.ts'
import { bindError, errorCode } from '#net/bind-error.ts'
import type { OnDrop } from '#net/drop.ts'
import { ignoreDrops } from '#net/drop.ts'
import { plainOctets } from '#net/plain-octets.ts'
import type { Responder } from '#net/responder.ts'
import type { UdpListener } from '#net/udp-listener.ts'
import type { UdpOptions } from '#net/udp-options.ts'
import { DEFAULT_RECEIVE_BUFFER_OCTETS, MAX_QUEUED_OCTETS, MAX_UDP_REPLY_OCTETS } from '#net/udp-options.ts'
import { UnderWay } from '#net/under-way.ts'
import { MAX_MESSAGE_OCTETS } from '#wire/constants.ts'

/**
 * Listens for DNS over UDP with node:dgram, on every platform and Node version. Rejects with Go's text when the address
 * cannot be bound.
 *
 * node:dgram cannot choose the source address of a reply: on a host with several addresses a wildcard socket may answer
 * from another address than the one asked, and clients ignore such an answer.
 */
export async function listenUdp(options: UdpOptions): Promise<UdpListener> {
  if (!isWildcard(options.address)) return new DgramListener(options, await bind(options, options.address, false))
  try {
    return new DgramListener(options, await bind(options, '::', true))
  } catch (error) {
    const code = errorCode(error)
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error
    return new DgramListener(options, await bind(options, '0.0.0.0', true)) // A machine without IPv6.
  }
}

async function bind(options: UdpOptions, address: string, wildcard: boolean): Promise<Socket> {
  const isIpv6 = address.includes(':')
  const socket = dgram.createSocket({
    type: isIpv6 ? 'udp6' : 'udp4',
    ipv6Only: isIpv6 && !wildcard,
    reusePort: options.reusePort ?? false,
    // Addresses come from the packets themselves: there is nothing to look up, and a reply then leaves in this turn.
    lookup: (host, _options, callback) => callback(null, host, isIpv6 ? 6 : 4),
  })
  try {
    const listening = once(socket, 'listening') // Rejects on 'error'.
    socket.bind(options.port, address)
    await listening
  } catch (error) {
    socket.close()
    throw bindError('udp', joinHostPort(wildcard ? '' : address, options.port), error)
  }
  try {
    socket.setRecvBufferSize(options.receiveBufferOctets ?? DEFAULT_RECEIVE_BUFFER_OCTETS)
  } catch {
    // Some systems refuse a size above their limit; theirs then stands.
  }
  return socket
}

class DgramListener implements UdpListener {
  readonly kind = 'dgram'
  readonly identity = null
  responder: Responder
  readonly address: string
  readonly port: number
  readonly #socket: Socket
  readonly #sender: DgramSender
  readonly #peer: DgramPeer
  readonly #onMessage: (octets: Buffer, from: RemoteInfo) => void
  readonly #isShared: boolean
  #closed: Promise<void> | null = null

  constructor(options: UdpOptions, socket: Socket) {
    const bound = socket.address()
    this.responder = options.responder
    this.address = bound.address
    this.port = bound.port
    this.#isShared = options.reusePort ?? false
    this.#socket = socket
    this.#sender = new DgramSender(socket, options.onDrop ?? ignoreDrops)
    this.#peer = new DgramPeer(this.#sender, bound.address, bound.port)
    this.#onMessage = (octets, from) => this.#answer(octets, from)
    socket.on('message', this.#onMessage)
    socket.on('error', () => this.#sender.onDrop('send error', 1))
  }

  /** node:dgram sets options before it binds, or not at all. */
  allowSharing(): boolean {
    return this.#isShared
  }

  close(graceMs: number): Promise<void> {
    this.#closed ??= this.#close(graceMs)
    return this.#closed
  }

  async #close(graceMs: number): Promise<void> {
    this.#socket.off('message', this.#onMessage)
    await this.#sender.underWay.settle(graceMs)
    this.#sender.close()
    await new Promise<void>(resolve => this.#socket.close(resolve))
  }

  #answer(octets: Buffer, from: RemoteInfo): void {
    if (from.port === 0) {
      this.#sender.onDrop('port zero', 1)
      return
    }
    const peer = this.#peer
    const out = this.#sender.out
    peer.from(from)
    this.responder.begin()
    const length = this.responder.answer(plainOctets(octets), 0, octets.length, peer, false, out, 0)
    if (length > 0) this.#sender.sendOut(length, from.port, from.address)
  }
}

/** Sends replies from buffers that are used again and again. */
class DgramSender {
  readonly onDrop: OnDrop
  readonly underWay: UnderWay = new UnderWay()
  out: Uint8Array = new Uint8Array(MAX_UDP_REPLY_OCTETS)
  #late: Uint8Array = new Uint8Array(MAX_UDP_REPLY_OCTETS)
  #socket: Socket | null
  readonly #onSent: (error: Error | null) => void

  constructor(socket: Socket, onDrop: OnDrop) {
    this.#socket = socket
    this.onDrop = onDrop
    this.#onSent = error => {
      if (error) this.onDrop('send error', 1)
    }
  }

  close(): void {
    this.#socket = null
  }

  sendOut(length: number, port: number, address: string): void {
    if (!this.#send(this.out, length, port, address)) this.out = new Uint8Array(MAX_UDP_REPLY_OCTETS)
  }

  sendLate(message: Uint8Array, port: number, address: string): void {
    const length = message.length
    if (length > MAX_MESSAGE_OCTETS) {
      this.onDrop('send error', 1)
      return
    }
    if (length > this.#late.length) this.#late = new Uint8Array(MAX_MESSAGE_OCTETS)
    this.#late.set(message)
    if (!this.#send(this.#late, length, port, address)) this.#late = new Uint8Array(MAX_UDP_REPLY_OCTETS)
  }

  /** Whether the buffer may be used again: the system did not take the message yet when it may not. */
  #send(buffer: Uint8Array, length: number, port: number, address: string): boolean {
    const socket = this.#socket
    if (socket === null) {
      this.onDrop('peer gone', 1)
      return true
    }
    if (socket.getSendQueueSize() > MAX_QUEUED_OCTETS) {
      this.onDrop('send queue full', 1)
      return true
    }
    socket.send(buffer, 0, length, port, address, this.#onSent)
    return socket.getSendQueueCount() === 0
  }
}

/** Whom the message at hand came from; one object for all messages of a socket. */
class DgramPeer implements Peer {
  family: 4 | 6 = 4
  address = ''
  port = 0
  localAddress = ''
  readonly localPort: number
  readonly #sender: DgramSender
  readonly #boundAddress: string
  /** The address as the socket knows it: IPv4-mapped, or with a zone. */
  #rawAddress = ''

  constructor(sender: DgramSender, boundAddress: string, boundPort: number) {
    this.#sender = sender
    this.#boundAddress = boundAddress
    this.localPort = boundPort
  }

  from(from: RemoteInfo): void {
    this.#rawAddress = from.address
    this.address = plainAddress(from.address)
    this.family = this.address.includes(':') ? 6 : 4
    this.port = from.port
    this.localAddress = this.family === 4 && this.#boundAddress === '::' ? '0.0.0.0' : this.#boundAddress
  }

  send(message: Uint8Array): void {
    this.#sender.sendLate(message, this.port, this.#rawAddress)
  }

  detach(): Peer {
    return new DetachedDgramPeer(this, this.#rawAddress, this.#sender)
  }

  release(): void {}
}

/** A peer whose reply is under way. */
class DetachedDgramPeer implements Peer {
  readonly family: 4 | 6
  readonly address: string
  readonly port: number
  readonly localAddress: string
  readonly localPort: number
  readonly #rawAddress: string
  readonly #sender: DgramSender
  #isUnderWay = true

  constructor(peer: Peer, rawAddress: string, sender: DgramSender) {
    this.family = peer.family
    this.address = peer.address
    this.port = peer.port
    this.localAddress = peer.localAddress
    this.localPort = peer.localPort
    this.#rawAddress = rawAddress
    this.#sender = sender
    sender.underWay.begin()
  }

  send(message: Uint8Array): void {
    this.#sender.sendLate(message, this.port, this.#rawAddress)
    this.release()
  }

  detach(): Peer {
    return this
  }

  release(): void {
    if (!this.#isUnderWay) return
    this.#isUnderWay = false
    this.#sender.underWay.end()
  }
}
