import type { BatchPeerContext } from '#net/batch/batch-peer.ts'
import { BatchPeer } from '#net/batch/batch-peer.ts'
import { BatchSender } from '#net/batch/batch-sender.ts'
import type { CLibrary } from '#net/batch/c-library.ts'
import { Datagrams } from '#net/batch/datagrams.ts'
import { KernelDrops } from '#net/batch/kernel-drops.ts'
import { MSG_DONTWAIT, UV_READABLE, UV_WRITABLE } from '#net/batch/linux.ts'
import type { OpenSocket } from '#net/batch/open-socket.ts'
import { openSocket } from '#net/batch/open-socket.ts'
import { turnAround } from '#net/batch/packet-info.ts'
import { Readiness } from '#net/batch/readiness.ts'
import type { SocketIdentity } from '#net/batch/shared-address.ts'
import { allowSharing, identify, receiveNoMore } from '#net/batch/shared-address.ts'
import { socketPort } from '#net/batch/socket-address.ts'
import type { OnDrop } from '#net/drop.ts'
import { ignoreDrops } from '#net/drop.ts'
import type { Responder } from '#net/responder.ts'
import type { UdpListener } from '#net/udp-listener.ts'
import type { UdpOptions } from '#net/udp-options.ts'
import { UnderWay } from '#net/under-way.ts'

/** Messages taken from the system, and replies given to it, in one call. */
const BATCH = 64

/** Batches in a row before timers and other sockets have their turn: about 2 ms of answers. */
const ROUNDS = 8

/**
 * Listens for DNS over UDP with recvmmsg and sendmmsg: one call of the system for many messages, and replies that leave
 * from the address that was asked, on wildcard sockets too. Throws with Go's text when the address cannot be bound.
 */
export function listenUdpInBatches(c: CLibrary, options: UdpOptions): UdpListener {
  const socket = openSocket(c, options)
  try {
    return new BatchListener(c, socket, options)
  } catch (error) {
    c.close(socket.fd)
    throw error
  }
}

class BatchListener implements UdpListener, BatchPeerContext {
  readonly kind = 'batch'
  readonly identity: SocketIdentity
  responder: Responder
  readonly address: string
  readonly port: number
  readonly sender: BatchSender
  readonly underWay: UnderWay = new UnderWay()
  readonly localPort: number
  readonly localAddress: string
  readonly #c: CLibrary
  readonly #fd: number
  readonly #onDrop: OnDrop
  readonly #received: Datagrams
  readonly #replies: Datagrams
  readonly #peer: BatchPeer
  readonly #readiness: Readiness
  readonly #kernelDrops: KernelDrops
  #receivedCount = BATCH
  /** Whether all that was answered since the socket was found ready is settled. */
  #isSettled = true
  #isReading = true
  #isShared: boolean
  #closed: Promise<void> | null = null

  constructor(c: CLibrary, socket: OpenSocket, options: UdpOptions) {
    this.responder = options.responder
    this.address = socket.address
    this.port = socket.port
    this.localAddress = socket.address
    this.localPort = socket.port
    this.#c = c
    this.#fd = socket.fd
    this.identity = identify(socket.fd)
    this.#isShared = options.reusePort ?? false
    this.#onDrop = options.onDrop ?? ignoreDrops
    this.sender = new BatchSender(c, socket.fd, this.#onDrop, isBlocked => this.#watch(isBlocked))
    this.#received = new Datagrams(c, BATCH, socket.isWildcard)
    this.#replies = new Datagrams(c, BATCH, socket.isWildcard)
    this.#peer = new BatchPeer(this, this.#received)
    this.#readiness = new Readiness(c, socket.fd, () => this.#ready())
    this.#kernelDrops = new KernelDrops(c, socket.fd, this.#onDrop)
    this.#watch(false)
  }

  close(graceMs: number): Promise<void> {
    this.#closed ??= this.#close(graceMs)
    return this.#closed
  }

  allowSharing(): boolean {
    this.#isShared ||= allowSharing(this.#fd)
    return this.#isShared
  }

  async #close(graceMs: number): Promise<void> {
    if (this.#isShared) {
      // What comes now is for the others; what came before only this socket has.
      receiveNoMore(this.#c, this.#fd, this.address.includes(':'))
      while (this.#answerMessages()) await new Promise(resolve => setImmediate(resolve))
    }
    this.#isReading = false
    this.#watch(false)
    await this.underWay.settle(graceMs)
    this.sender.close()
    this.#kernelDrops.close()
    this.#readiness.close()
    this.#c.close(this.#fd)
  }

  #watch(isBlocked: boolean): void {
    this.#readiness.watch((this.#isReading ? UV_READABLE : 0) | (isBlocked ? UV_WRITABLE : 0))
  }

  #ready(): boolean {
    if (this.sender.isBlocked) this.sender.flush()
    this.#isSettled = true
    if (this.#isReading) this.#answerMessages()
    return this.#isSettled
  }

  /** Whether more messages may be waiting. */
  #answerMessages(): boolean {
    for (let round = 0; round < ROUNDS; round++) {
      this.#received.makeReady(this.#receivedCount)
      const count = this.#c.recvmmsg(this.#fd, this.#received.headersFrom(0), BATCH, MSG_DONTWAIT, 0n)
      this.#receivedCount = Math.max(count, 0)
      if (count <= 0) return false
      const replyCount = this.#answerBatch(count)
      if (replyCount > 0) this.sender.send(this.#replies, replyCount)
      this.#isSettled &&= this.responder.isSettled
      if (count < BATCH) return false
    }
    return true
  }

  #answerBatch(count: number): number {
    const received = this.#received
    const replies = this.#replies
    const { octets } = received
    let replyCount = 0
    this.responder.begin()
    for (let slot = 0; slot < count; slot++) {
      if (socketPort(octets, received.nameAt(slot)) === 0) {
        this.#onDrop('port zero', 1)
        continue
      }
      this.#peer.moveTo(slot)
      const start = received.payloadAt(slot)
      const end = start + received.messageLength(slot)
      const replyStart = replies.payloadAt(replyCount)
      const length = this.responder.answer(octets, start, end, this.#peer, false, replies.octets, replyStart)
      if (length === 0) continue
      const control = turnAround(octets, received.controlAt(slot), received.controlLength(slot))
      replies.replyTo(replyCount++, length, received, slot, control)
    }
    return replyCount
  }
}
