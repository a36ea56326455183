import type { OnDrop } from '#net/drop.ts'
import type { Responder } from '#net/responder.ts'
import type { StreamListener } from '#net/tcp.ts'
import { listenTcp } from '#net/tcp.ts'
import { listenUdp } from '#net/udp.ts'
import type { UdpListener } from '#net/udp-listener.ts'

/** How often a free port is looked for when port 0 was asked for and only UDP or only TCP could have the one given. */
const EPHEMERAL_TRIES = 20

/** The sockets of one listen address: UDP and TCP on the same port. They outlive reloads that keep the address. */
export interface Sockets {
  readonly port: number
  /** Lets other threads listen on the address as well; whether the system can do that to sockets in use. */
  allowSharing(): boolean
  /** Lets another configuration answer from the next message on. */
  hand(responder: Responder): void
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

/** Opens UDP and TCP for an address; `onDrop` is told of what they let go as long as they live. Rejects, with nothing left open, if one of them cannot be had. */
export async function openSockets(wanted: SocketsWanted, responder: Responder, onDrop: OnDrop): Promise<Sockets> {
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
    hand(responder) {
      udp.responder = responder
      tcp.responder = responder
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
