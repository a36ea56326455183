import type { Peer } from '#lib/peer.ts'
import type { BatchSender } from '#net/batch/batch-sender.ts'
import type { Datagrams } from '#net/batch/datagrams.ts'
import { destination, turnAround } from '#net/batch/packet-info.ts'
import { socketAddress, socketFamily, socketPort } from '#net/batch/socket-address.ts'
import type { UnderWay } from '#net/under-way.ts'

/** What peers of one socket have in common. */
export interface BatchPeerContext {
  readonly sender: BatchSender
  readonly underWay: UnderWay
  readonly localAddress: string
  readonly localPort: number
}

/** Whom the message at hand came from: one object for all messages of a socket, which reads only what it is asked. */
export class BatchPeer implements Peer {
  readonly #context: BatchPeerContext
  readonly #received: Datagrams
  #slot = 0

  constructor(context: BatchPeerContext, received: Datagrams) {
    this.#context = context
    this.#received = received
  }

  /** Makes this the peer of the message in `slot`. */
  moveTo(slot: number): void {
    this.#slot = slot
  }

  get family(): 4 | 6 {
    return socketFamily(this.#received.octets, this.#received.nameAt(this.#slot))
  }

  get address(): string {
    return socketAddress(this.#received.octets, this.#received.nameAt(this.#slot))
  }

  get port(): number {
    return socketPort(this.#received.octets, this.#received.nameAt(this.#slot))
  }

  get localAddress(): string {
    const { octets } = this.#received
    const told = destination(octets, this.#received.controlAt(this.#slot), this.#received.controlLength(this.#slot))
    return told === '' ? this.#context.localAddress : told
  }

  get localPort(): number {
    return this.#context.localPort
  }

  send(message: Uint8Array): void {
    this.#context.sender.sendLate(message, this.#received.name(this.#slot), this.#replyControl())
  }

  detach(): Peer {
    const name = this.#received.name(this.#slot).slice()
    return new DetachedBatchPeer(this.#context, name, this.#replyControl().slice(), this.localAddress)
  }

  release(): void {}

  #replyControl(): Uint8Array {
    const at = this.#received.controlAt(this.#slot)
    const { octets } = this.#received
    return octets.subarray(at, at + turnAround(octets, at, this.#received.controlLength(this.#slot)))
  }
}

/** A peer whose reply is under way, with its own copy of the address. */
class DetachedBatchPeer implements Peer {
  readonly localAddress: string
  readonly #context: BatchPeerContext
  readonly #name: Uint8Array
  readonly #control: Uint8Array
  #isUnderWay = true

  constructor(context: BatchPeerContext, name: Uint8Array, control: Uint8Array, localAddress: string) {
    this.#context = context
    this.#name = name
    this.#control = control
    this.localAddress = localAddress
    context.underWay.begin()
  }

  get family(): 4 | 6 {
    return socketFamily(this.#name, 0)
  }

  get address(): string {
    return socketAddress(this.#name, 0)
  }

  get port(): number {
    return socketPort(this.#name, 0)
  }

  get localPort(): number {
    return this.#context.localPort
  }

  send(message: Uint8Array): void {
    this.#context.sender.sendLate(message, this.#name, this.#control)
    this.release()
  }

  detach(): Peer {
    return this
  }

  release(): void {
    if (!this.#isUnderWay) return
    this.#isUnderWay = false
    this.#context.underWay.end()
  }
}
