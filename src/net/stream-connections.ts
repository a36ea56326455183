import type { Socket } from 'node:net'
import type { OnDrop } from '#net/drop.ts'
import { HeldOctets } from '#net/held-octets.ts'
import { ReplyBatch } from '#net/reply-batch.ts'
import type { Responder } from '#net/responder.ts'
import { StreamConnection } from '#net/stream-connection.ts'
import type { StreamHost } from '#net/stream-host.ts'
import type { StreamLimits } from '#net/stream-limits.ts'

/** How many of the oldest connections are looked at for one that can make room. */
const EVICTION_CANDIDATES = 64

/** All connections of one listener on streams: keeps their number and their times within limits. */
export class StreamConnections implements StreamHost {
  responder: Responder
  limits: StreamLimits
  readonly onDrop: OnDrop
  readonly batch: ReplyBatch = new ReplyBatch()
  isClosing = false
  readonly #held = new HeldOctets()
  /** In the order of their opening. */
  readonly #open = new Set<StreamConnection>()
  /** One timer watches over all of them; it runs while there are any. */
  #sweeper: NodeJS.Timeout | undefined
  #allClosed: (() => void) | undefined

  constructor(responder: Responder, limits: StreamLimits, onDrop: OnDrop) {
    this.responder = responder
    this.limits = limits
    this.onDrop = onDrop
  }

  /** Serves a client that has connected, or turns it away. */
  add(socket: Socket): void {
    if (this.isClosing || (this.#open.size >= this.limits.maxConnections && !this.#evict())) {
      socket.on('error', () => {})
      socket.destroy()
      this.onDrop('too many connections', 1)
      return
    }
    const connection = new StreamConnection(socket, this, performance.now())
    socket.on('close', () => this.#remove(connection))
    this.#open.add(connection)
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepIntervalMs(this.limits)).unref()
  }

  noteHeld(connection: StreamConnection, octets: number): void {
    this.#held.note(connection, octets)
    if (this.#held.total <= this.limits.maxHeldOctets) return
    this.onDrop('too much held', this.#held.cutTo(this.limits.maxHeldOctets))
  }

  /** Ends every connection, at the latest after `graceMs` milliseconds. */
  async close(graceMs: number): Promise<void> {
    this.isClosing = true
    if (this.#open.size === 0) return
    const allClosed = new Promise<void>(resolve => {
      this.#allClosed = resolve
    })
    for (const connection of this.#open) connection.finish()
    const timer = setTimeout(() => {
      for (const connection of this.#open) connection.destroy()
    }, graceMs)
    await allClosed
    clearTimeout(timer)
  }

  #remove(connection: StreamConnection): void {
    this.#open.delete(connection)
    this.#held.note(connection, 0)
    if (this.#open.size > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
    this.#allClosed?.()
  }

  #evict(): boolean {
    let candidates = EVICTION_CANDIDATES
    for (const connection of this.#open) {
      if (connection.isIdle) {
        connection.destroy()
        this.#open.delete(connection)
        this.onDrop('too many connections', 1)
        return true
      }
      if (--candidates === 0) return false
    }
    return false
  }

  #sweep(): void {
    const nowMs = performance.now()
    for (const connection of this.#open) connection.sweep(nowMs)
  }
}

function sweepIntervalMs({ readTimeoutMs, idleTimeoutMs, writeTimeoutMs }: StreamLimits): number {
  return Math.max(10, Math.min(500, readTimeoutMs / 4, idleTimeoutMs / 4, writeTimeoutMs / 4))
}
