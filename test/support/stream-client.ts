import { once } from 'node:events'
import type { Socket } from 'node:net'
import net from 'node:net'
import { FrameDecoder } from '#net/frame.ts'
import { framed } from '#net/reply-batch.ts'

/** A client of a stream transport that keeps what it is sent. */
export class StreamClient {
  readonly socket: Socket
  /** Messages received, in their order. */
  readonly replies: Uint8Array[] = []
  /** Pieces in which they came. */
  pieces = 0
  isEnded = false
  isClosed = false
  readonly #decoder = new FrameDecoder()
  #wake: () => void = () => {}

  static async connect(port: number, host = '127.0.0.1'): Promise<StreamClient> {
    const socket = net.connect({ port, host, allowHalfOpen: true, noDelay: true })
    await once(socket, 'connect')
    return new StreamClient(socket)
  }

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', piece => {
      if (typeof piece === 'string') return
      this.pieces++
      this.#decoder.feed(piece)
      while (this.#decoder.next()) {
        this.replies.push(this.#decoder.octets.slice(this.#decoder.start, this.#decoder.end))
      }
      this.#wake()
    })
    socket.on('end', () => {
      this.isEnded = true
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
      this.#wake()
    })
  }

  /** Sends messages, each with its length, in one write. */
  send(...messages: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(messages.map(framed)))
  }

  /** The replies when there are `count` of them; rejects if the stream ends before. */
  async receive(count: number): Promise<readonly Uint8Array[]> {
    while (this.replies.length < count) {
      if (this.isEnded || this.isClosed) throw new Error(`ended after ${this.replies.length} of ${count} replies`)
      await this.#news()
    }
    return this.replies
  }

  /** Resolves when the server has ended its side, or the connection is gone. */
  async ended(): Promise<void> {
    while (!this.isEnded && !this.isClosed) await this.#news()
  }

  /** Resolves when the connection is gone on both sides. */
  async close(): Promise<void> {
    this.socket.destroy()
    while (!this.isClosed) await this.#news()
  }

  #news(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }
}
