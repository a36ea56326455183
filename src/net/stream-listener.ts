import type { Responder, ShareableListener } from '#net/responder.ts'
import type { StreamConnections } from '#net/stream-connections.ts'
import type { StreamLimits } from '#net/stream-limits.ts'
import type { StreamServer } from '#net/stream-server.ts'

/** How long connections to a shared address may wait for their first query while their listener closes. */
const LET_IN_MS = 100

/** A listener on a stream transport: a socket that accepts, and the connections that came of it. */
export class StreamListener implements ShareableListener {
  readonly #server: StreamServer
  readonly #connections: StreamConnections
  #closed: Promise<void> | null = null

  constructor(server: StreamServer, connections: StreamConnections) {
    this.#server = server
    this.#connections = connections
  }

  get address(): string {
    return this.#server.address
  }

  get port(): number {
    return this.#server.port
  }

  get responder(): Responder {
    return this.#connections.responder
  }

  set responder(responder: Responder) {
    this.#connections.responder = responder
  }

  get limits(): StreamLimits {
    return this.#connections.limits
  }

  /** Set anew when a configuration is reloaded: holds from then on for connections already open, too. */
  set limits(limits: StreamLimits) {
    this.#connections.limits = limits
  }

  allowSharing(): boolean {
    return this.#server.allowSharing()
  }

  close(graceMs: number): Promise<void> {
    this.#closed ??= this.#close(graceMs)
    return this.#closed
  }

  async #close(graceMs: number): Promise<void> {
    const closed = this.#server.close()
    // Others serve on: who was accepted here a moment ago has a query on its way, and no reason to be turned away.
    if (this.#server.isShared && graceMs > 0) {
      await new Promise(resolve => setTimeout(resolve, Math.min(graceMs, LET_IN_MS)))
    }
    this.stopLettingIn()
    await this.#connections.close(graceMs)
    await closed
  }

  /** Turns away who is accepted but not yet a connection. */
  protected stopLettingIn(): void {}
}
