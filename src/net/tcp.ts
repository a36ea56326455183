import type { OnDrop } from '#net/drop.ts'
import { ignoreDrops } from '#net/drop.ts'
import type { Responder } from '#net/responder.ts'
import { StreamConnections } from '#net/stream-connections.ts'
import type { StreamLimits } from '#net/stream-limits.ts'
import { DEFAULT_STREAM_LIMITS } from '#net/stream-limits.ts'
import { StreamListener } from '#net/stream-listener.ts'
import type { StreamAddress } from '#net/stream-server.ts'
import { StreamServer } from '#net/stream-server.ts'

/** What a TCP listener is told. */
export interface TcpOptions extends StreamAddress {
  readonly responder: Responder
  readonly onDrop?: OnDrop
  /** What differs from `DEFAULT_STREAM_LIMITS`. */
  readonly limits?: Partial<StreamLimits>
}

/** Listens for DNS over TCP (RFC 7766). Rejects with Go's text when the address cannot be bound. */
export async function listenTcp(options: TcpOptions): Promise<StreamListener> {
  const onDrop = options.onDrop ?? ignoreDrops
  const limits = { ...DEFAULT_STREAM_LIMITS, ...options.limits }
  const connections = new StreamConnections(options.responder, limits, onDrop)
  const server = await StreamServer.listen(options, {
    accept: socket => connections.add(socket),
    onAcceptError: () => onDrop('accept error', 1),
    pauseOnConnect: false,
  })
  return new StreamListener(server, connections)
}
