import type { TlsTermsSource } from '#lib/tls-terms.ts'
import type { OnDrop } from '#net/drop.ts'
import type { Responder } from '#net/responder.ts'
import type { StreamListener } from '#net/stream-listener.ts'
import { listenTcp } from '#net/tcp.ts'
import { listenUdp } from '#net/udp.ts'
import type { UdpListener } from '#net/udp-listener.ts'

/** How often a free port is looked for when port 0 was asked for and only UDP or only TCP could have the one given. */
const EPHEMERAL_TRIES = 20

/** What is served on an address. */
export interface Service {
  readonly server: Responder
  /** Of an address for DNS over TLS; else `null`. */
  readonly terms: TlsTermsSource | null
}

/** The sockets of one listen address: UDP and TCP on the same port, or TLS. They outlive reloads that keep the address. */
export interface Sockets {
  readonly port: number
  /** Lets other threads listen on the address as well; whether the system can do that to sockets in use. */
  allowSharing(): boolean
  /** Lets another configuration answer from the next message on. */
  hand(service: Service): void
  close(graceMs: number): Promise<void>
}

/** Where and how an address is listened on. */
export interface SocketsWanted {
  /** Of the listen group. */
  readonly label: string
  /** IP text, or empty for the wildcard. */
  readonly address: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Whether sockets of other threads share the address (SO_REUSEPORT). */
  readonly reusePort: boolean
}

/** Opens what an address needs; `onDrop` is told of what it lets go as long as it lives. Rejects, with nothing left open, if that cannot be had. */
export function openSockets(wanted: SocketsWanted, service: Service, onDrop: OnDrop): Promise<Sockets> {
  const { server, terms } = service
  return terms === null ? openUdpAndTcp(wanted, server, onDrop) : openTls(wanted, server, terms, onDrop)
}

async function openUdpAndTcp(wanted: SocketsWanted, responder: Responder, onDrop: OnDrop): Promise<Sockets> {
  const { address, reusePort } = wanted
  for (let attempt = 1; ; attempt++) {
    const udp = await named('ListenPacket', 'udp', address, wanted.port, listenUdp({ ...wanted, responder, onDrop }))
    try {
      const options = { address, port: udp.port, reusePort, responder, onDrop }
      return join(udp, await named('Listen', 'tcp', address, udp.port, listenTcp(options)))
    } catch (error) {
      await udp.close(0)
      if (wanted.port !== 0 || attempt === EPHEMERAL_TRIES) throw error
    }
  }
}

async function openTls(
  { address, port, reusePort }: SocketsWanted,
  responder: Responder,
  source: TlsTermsSource,
  onDrop: OnDrop,
): Promise<Sockets> {
  const { listenTls } = await import('#net/tls.ts') // Not loaded where nobody asks for it.
  const listening = listenTls({ address, port, reusePort, responder, source, onDrop })
  const listener = await named('Listen', 'tcp', address, port, listening)
  return {
    port: listener.port,
    allowSharing: () => listener.allowSharing(),
    hand({ server, terms }) {
      listener.responder = server
      listener.source = terms! // What is served under the same label is of the same kind.
    },
    close: graceMs => listener.close(graceMs),
  }
}

async function named<T>(
  action: string,
  network: 'udp' | 'tcp',
  address: string,
  port: number,
  opening: Promise<T>,
): Promise<T> {
  try {
    return await opening
  } catch (error) {
    const where = `${address.includes(':') ? `[${address}]` : address}:${port}`
    throw new Error(`${action}: listen ${network} ${where}: ${bindReason(error)}`, { cause: error })
  }
}

function join(udp: UdpListener, tcp: StreamListener): Sockets {
  return {
    port: udp.port,
    allowSharing: () => udp.allowSharing() && tcp.allowSharing(),
    hand({ server }) {
      udp.responder = server
      tcp.responder = server
    },
    async close(graceMs) {
      await Promise.all([udp.close(graceMs), tcp.close(graceMs)])
    },
  }
}

function bindReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'EADDRINUSE') return 'bind: address already in use'
  if (code === 'EACCES') return 'bind: permission denied'
  if (code === 'EADDRNOTAVAIL') return 'bind: cannot assign requested address'
  return error instanceof Error ? error.message : String(error)
}
