import type { AnsweringContext } from '#net/batch/answering.ts'
import { Answering } from '#net/batch/answering.ts'
import { BatchSender } from '#net/batch/batch-sender.ts'
import type { CLibrary } from '#net/batch/c-library.ts'
import { closeDescriptor } from '#net/batch/descriptors.ts'
import { KernelDrops } from '#net/batch/kernel-drops.ts'
import { UV_READABLE, UV_WRITABLE } from '#net/batch/linux.ts'
import type { OpenSocket } from '#net/batch/open-socket.ts'
import { openSocket } from '#net/batch/open-socket.ts'
import { Readiness } from '#net/batch/readiness.ts'
import { allowSharing, receiveNoMore } from '#net/batch/shared-address.ts'
import { sharedSockets } from '#net/batch/shared-sockets.ts'
import { Siblings } from '#net/batch/siblings.ts'
import { letReceiptWait } from '#net/batch/waiting-receipt.ts'
import type { OnDrop } from '#net/drop.ts'
import { ignoreDrops } from '#net/drop.ts'
import type { Responder } from '#net/responder.ts'
import type { UdpListener } from '#net/udp-listener.ts'
import type { UdpOptions } from '#net/udp-options.ts'
import { UnderWay } from '#net/under-way.ts'

/**
 * Listens for DNS over UDP with recvmmsg and sendmmsg: one call of the system for many messages, and replies that leave
 * from the address that was asked, on wildcard sockets too. Throws with Go's text when the address cannot be bound.
 */
export function listenUdpInBatches(c: CLibrary, options: UdpOptions): UdpListener {
  const socket = openSocket(c, options)
  try {
    return new BatchListener(c, socket, options)
  } catch (error) {
    closeDescriptor(c, socket.fd)
    throw error
  }
}

class BatchListener implements UdpListener, AnsweringContext {
  readonly kind = 'batch'
  responder: Responder
  readonly address: string
  readonly port: number
  readonly onDrop: OnDrop
  readonly sender: BatchSender
  siblings: Siblings | null = null
  readonly underWay: UnderWay = new UnderWay()
  readonly localPort: number
  readonly localAddress: string
  readonly #c: CLibrary
  readonly #fd: number
  readonly #answering: Answering
  readonly #readiness: Readiness
  readonly #kernelDrops: KernelDrops
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
    this.#isShared = options.reusePort ?? false
    this.onDrop = options.onDrop ?? ignoreDrops
    this.sender = new BatchSender(c, socket.fd, this.onDrop, isBlocked => this.#watch(isBlocked))
    this.#answering = new Answering(c, socket, this)
    this.#readiness = new Readiness(c, socket.fd, isToWait => this.#ready(isToWait))
    this.#readiness.canWait = letReceiptWait(c, socket.fd)
    this.#kernelDrops = new KernelDrops(c, socket.fd, this.onDrop)
    if (this.#isShared) this.siblings = new Siblings(sharedSockets, socket.fd, socket.address, socket.port)
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
      this.siblings = null
      receiveNoMore(this.#c, this.#fd, this.address.includes(':'))
      while (this.#answering.answerMessages(false)) await new Promise(resolve => setImmediate(resolve))
    }
    this.#isReading = false
    this.#watch(false)
    await this.underWay.settle(graceMs)
    this.sender.close()
    this.#kernelDrops.close()
    this.#readiness.close()
    closeDescriptor(this.#c, this.#fd)
  }

  #watch(isBlocked: boolean): void {
    this.#readiness.watch((this.#isReading ? UV_READABLE : 0) | (isBlocked ? UV_WRITABLE : 0))
  }

  #ready(isToWait: boolean): boolean {
    if (this.sender.isBlocked) this.sender.flush()
    if (this.#isReading) this.#answering.answerMessages(isToWait)
    this.#readiness.received = this.#answering.received
    return this.#answering.isSettled
  }
}
