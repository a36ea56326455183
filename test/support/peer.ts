import type { Peer } from '#lib/peer.ts'

/** A client on whom everything that is sent later is lost; it stays itself when it is detached. */
export function silentPeer(address = '127.0.0.1', port = 40000): Peer {
  return {
    family: address.includes(':') ? 6 : 4,
    address,
    port,
    localAddress: '127.0.0.1',
    localPort: 53,
    send() {},
    detach() {
      return this
    },
    release() {},
  }
}
