import { createSocket } from 'node:dgram'

/** A resolver on loopback for the server under measurement to forward to. */
export interface Upstream {
  readonly port: number
  stop(): void
}

const HEADER_OCTETS = 12

/** Starts an upstream that answers every question with one A record, 192.0.2.1 for 3600 seconds. */
export async function startUpstream(): Promise<Upstream> {
  const socket = createSocket('udp4')
  socket.on('message', (query, peer) => {
    const reply = answer(query)
    if (reply !== null) socket.send(reply, peer.port, peer.address)
  })
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  return { port: socket.address().port, stop: () => socket.close() }
}

/** The question with QR, RD and RA set and one record after it; `null` for what is no question. */
function answer(query: Uint8Array): Uint8Array | null {
  let end = HEADER_OCTETS
  while (end < query.length && query[end] !== 0) end += query[end]! + 1
  end += 5
  if (end > query.length) return null
  const record = [0xc0, HEADER_OCTETS, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4, 192, 0, 2, 1]
  const reply = new Uint8Array(end + record.length)
  reply.set(query.subarray(0, end))
  reply.set([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], 2)
  reply.set(record, end)
  return reply
}
