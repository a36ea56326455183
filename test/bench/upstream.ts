import { createSocket } from 'node:dgram'
import type { Socket } from 'node:net'
import { createServer } from 'node:net'

/** A resolver on loopback for the server under measurement to forward to. */
export interface Upstream {
  readonly port: number
  stop(): void
}

const HEADER_OCTETS = 12

const TTL_SECONDS = 30
const A = 1
const AAAA = 28

/** Record data by type. */
const ADDRESSES: ReadonlyMap<number, readonly number[]> = new Map([
  [A, [192, 0, 2, 1]],
  [AAAA, [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
])

/**
 * Starts an upstream, over UDP and TCP, for which every name exists and has one A and one AAAA record, 192.0.2.1 and
 * 2001:db8::1, and nothing else. They live as long as `cache 30` keeps them: servers without such a limit ask for them again as often.
 */
export async function startUpstream(): Promise<Upstream> {
  const socket = createSocket('udp4')
  socket.on('message', (query, peer) => {
    const reply = answer(query)
    if (reply !== null) socket.send(reply, peer.port, peer.address)
  })
  const streams = new Set<Socket>()
  const server = createServer(stream => {
    streams.add(stream)
    stream.on('close', () => streams.delete(stream))
    stream.on('error', () => stream.destroy())
    answerStream(stream)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, '127.0.0.1', resolve)
  })
  const stop = (): void => {
    socket.close()
    server.close()
    for (const stream of streams) stream.destroy()
  }
  return { port, stop }
}

/** Answers each message of a stream, which comes after its length in two octets. */
function answerStream(stream: Socket): void {
  let waiting: Buffer = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk])
    while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE()) {
      const end = 2 + waiting.readUInt16BE()
      const reply = answer(waiting.subarray(2, end))
      waiting = waiting.subarray(end)
      if (reply !== null) stream.write(Buffer.concat([Uint8Array.of(reply.length >> 8, reply.length), reply]))
    }
  })
}

/** The question with QR, RD and RA set and the record, if any, after it; `null` for what is no question. */
function answer(query: Uint8Array): Uint8Array | null {
  let end = HEADER_OCTETS
  while (end < query.length && query[end] !== 0) end += query[end]! + 1
  end += 5
  if (end > query.length) return null
  const type = (query[end - 4]! << 8) | query[end - 3]!
  const data = ADDRESSES.get(type)
  const record =
    data === undefined ? [] : [0xc0, HEADER_OCTETS, 0, type, 0, 1, 0, 0, 0, TTL_SECONDS, 0, data.length, ...data]
  const reply = new Uint8Array(end + record.length)
  reply.set(query.subarray(0, end))
  reply.set([0x81, 0x80, 0, 1, 0, record.length === 0 ? 0 : 1, 0, 0, 0, 0], 2)
  reply.set(record, end)
  return reply
}
