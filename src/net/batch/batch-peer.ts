import type { Peer } from '#lib/peer.ts'
import type { BatchSender } from '#net/batch/batch-sender.ts'
import type { Datagrams } from '#net/batch/datagrams.ts'
import { destination, turnAround } from '#net/batch/packet-info.ts'
import { socketAddress, socketFamily, socketPort } from '#net/batch/socket-address.ts'
import type { UnderWay } from '#net/under-way.ts'
import { copyOctets } from '#wire/octets.ts'

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
    const received = this.#received
    return localAddress(
      this.#context,
      received.octets,
      received.controlAt(this.#slot),
      received.controlLength(this.#slot),
    )
  }

  get localPort(): number {
    return this.#context.localPort
  }

  send(message: Uint8Array): void {
    const at = this.#received.controlAt(this.#slot)
    const { octets } = this.#received
    const control = octets.subarray(at, at + turnAround(octets, at, this.#received.controlLength(this.#slot)))
    this.#context.sender.sendLate(message, this.#received.name(this.#slot), control)
  }

  detach(): Peer {
    const { octets } = this.#received
    const name = this.#received.nameAt(this.#slot)
    const control = this.#received.controlAt(this.#slot)
    return new DetachedBatchPeer(
      this.#context,
      copyOctets(octets, name, name + this.#received.nameLength(this.#slot)),
      copyOctets(octets, control, control + this.#received.controlLength(this.#slot)),
    )
  }

  release(): void {}
}

/** A peer whose reply is under way, with its own copy of the addresses. */
class DetachedBatchPeer implements Peer {
  readonly #context: BatchPeerContext
  readonly #name: Uint8Array
  readonly #control: Uint8Array
  #isUnderWay = true

  /** `control` is what came with the query. */
  constructor(context: BatchPeerContext, name: Uint8Array, control: Uint8Array) {
    this.#context = context
    this.#name = name
    this.#control = control
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

  get localAddress(): string {
    return localAddress(this.#context, this.#control, 0, this.#control.length)
  }

  get localPort(): number {
    return this.#context.localPort
  }

  send(message: Uint8Array): void {
    const control = this.#control.subarray(0, turnAround(this.#control, 0, this.#control.length))
    this.#context.sender.sendLate(message, this.#name, control)
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

/** What the kernel told with the message, or where the socket is bound. */
function localAddress(context: BatchPeerContext, octets: Uint8Array, control: number, length: number): string {
  return destination(octets, control, length) || context.localAddress
}
