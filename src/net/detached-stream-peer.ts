import type { Peer } from '#lib/peer.ts'

/** A connection that knows how many replies are under way. */
export interface ReplyingStream extends Peer {
  /** One reply less is under way. */
  replyDone(): void
  sendPart(message: Uint8Array): Promise<boolean>
}

/** Whom a query on a stream came from, while its reply is under way. */
export class DetachedStreamPeer implements Peer {
  readonly #connection: ReplyingStream
  #isUnderWay = true

  constructor(connection: ReplyingStream) {
    this.#connection = connection
  }

  get family(): 4 | 6 {
    return this.#connection.family
  }

  get address(): string {
    return this.#connection.address
  }

  get port(): number {
    return this.#connection.port
  }

  get localAddress(): string {
    return this.#connection.localAddress
  }

  get localPort(): number {
    return this.#connection.localPort
  }

  send(message: Uint8Array): void {
    this.#connection.send(message)
    this.release()
  }

  sendPart(message: Uint8Array): Promise<boolean> {
    return this.#connection.sendPart(message)
  }

  detach(): Peer {
    return this
  }

  release(): void {
    if (!this.#isUnderWay) return
    this.#isUnderWay = false
    this.#connection.replyDone()
  }
}
