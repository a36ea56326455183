import type { RemoteInfo } from 'node:dgram'
import type { Peer } from '#lib/peer.ts'
import { isMapped, plainAddress } from '#net/address.ts'
import type { DgramSender } from '#net/dgram/dgram-sender.ts'

/** Whom the message at hand came from; one object for all messages of a socket, which reads only what it is asked. */
export class DgramPeer implements Peer {
  /** As node:dgram has it: the address may be IPv4-mapped, or have a zone. */
  from: RemoteInfo = { address: '', family: 'IPv4', port: 0, size: 0 }
  readonly localPort: number
  readonly #sender: DgramSender
  readonly #boundAddress: string

  constructor(sender: DgramSender, boundAddress: string, boundPort: number) {
    this.#sender = sender
    this.#boundAddress = boundAddress
    this.localPort = boundPort
  }

  get family(): 4 | 6 {
    return this.from.family === 'IPv4' || isMapped(this.from.address) ? 4 : 6
  }

  get address(): string {
    return plainAddress(this.from.address)
  }

  get port(): number {
    return this.from.port
  }

  get localAddress(): string {
    return this.#boundAddress === '::' && this.family === 4 ? '0.0.0.0' : this.#boundAddress
  }

  send(message: Uint8Array): void {
    this.#sender.sendLate(message, this.from.port, this.from.address)
  }

  detach(): Peer {
    return new DetachedDgramPeer(this, this.from.address, this.#sender)
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
