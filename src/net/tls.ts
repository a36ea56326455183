import type { TlsTermsSource } from '#lib/tls-terms.ts'
import { ignoreDrops } from '#net/drop.ts'
import { StreamConnections } from '#net/stream-connections.ts'
import type { StreamLimits } from '#net/stream-limits.ts'
import { DEFAULT_TLS_LIMITS } from '#net/stream-limits.ts'
import { StreamListener } from '#net/stream-listener.ts'
import { StreamServer } from '#net/stream-server.ts'
import type { TcpOptions } from '#net/tcp.ts'
import { Handshakes } from '#net/tls-handshakes.ts'

/** What a TLS listener is told; its limits differ from `DEFAULT_TLS_LIMITS`. */
export interface TlsOptions extends TcpOptions {
  readonly source: TlsTermsSource
}

/** Listens for DNS over TLS (RFC 7858). Rejects with Go's text when the address cannot be bound. */
export async function listenTls(options: TlsOptions): Promise<TlsListener> {
  const onDrop = options.onDrop ?? ignoreDrops
  const limits: StreamLimits = { ...DEFAULT_TLS_LIMITS, ...options.limits }
  const connections = new StreamConnections(options.responder, limits, onDrop)
  const handshakes = new Handshakes({
    source: options.source,
    timeoutMs: limits.readTimeoutMs,
    onSecure: socket => connections.add(socket),
    onDrop,
  })
  const server = await StreamServer.listen(options, {
    accept: socket => handshakes.add(socket),
    onAcceptError: () => onDrop('accept error', 1),
    pauseOnConnect: true,
  })
  return new TlsListener(server, connections, handshakes)
}

/** A listener for DNS over TLS. */
export class TlsListener extends StreamListener {
  readonly #handshakes: Handshakes

  constructor(server: StreamServer, connections: StreamConnections, handshakes: Handshakes) {
    super(server, connections)
    this.#handshakes = handshakes
  }

  /** Where the terms of new connections come from; set anew when a configuration is reloaded. */
  set source(source: TlsTermsSource) {
    this.#handshakes.source = source
  }

  protected override stopLettingIn(): void {
    this.#handshakes.close()
  }
}
