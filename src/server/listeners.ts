import type { Listener, Responder } from '#net/responder.ts'
import { listenTcp } from '#net/tcp.ts'
import { listenUdp } from '#net/udp.ts'
import type { ListenGroup } from '#server/listen-groups.ts'

/** How often a free port is looked for when port 0 was asked for and only UDP or only TCP could have the one given. */
const EPHEMERAL_TRIES = 20

/** The sockets of one listen address: UDP and TCP on the same port. They outlive reloads that keep the address. */
export interface Sockets {
  readonly port: number
  /** Lets another configuration answer from the next message on. */
  hand(responder: Responder): void
  close(graceMs: number): Promise<void>
}

/** Opens UDP and TCP for an address. Rejects, with nothing left open, if one of them cannot be had. */
export async function openSockets(group: ListenGroup, responder: Responder): Promise<Sockets> {
  for (let attempt = 1; ; attempt++) {
    const udp = await listen('ListenPacket', 'udp', group, group.port, responder)
    try {
      return join(udp, await listen('Listen', 'tcp', group, udp.port, responder))
    } catch (error) {
      await udp.close(0)
      if (group.port !== 0 || attempt === EPHEMERAL_TRIES) throw error
    }
  }
}

async function listen(
  action: string,
  network: 'udp' | 'tcp',
  group: ListenGroup,
  port: number,
  responder: Responder,
): Promise<Listener> {
  const options = { address: group.address, port, responder }
  try {
    return network === 'udp' ? await listenUdp(options) : await listenTcp(options)
  } catch (error) {
    const where = `${group.address.includes(':') ? `[${group.address}]` : group.address}:${port}`
    throw new Error(`${action}: listen ${network} ${where}: ${bindReason(error)}`, { cause: error })
  }
}

function join(udp: Listener, tcp: Listener): Sockets {
  return {
    port: udp.port,
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
