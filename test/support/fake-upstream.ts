import type { Socket as UdpSocket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { decode } from '#test/support/client.ts'
import { Flag } from '#wire/constants.ts'
import { encodeMessage } from '#wire/encode.ts'
import type { Message } from '#wire/message.ts'

/** One question that a fake upstream received, and the means to answer it in any right or wrong way. */
export interface FakeExchange {
  readonly message: Message
  readonly octets: Uint8Array
  readonly transport: 'udp' | 'tcp'
  readonly clientAddress: string
  readonly clientPort: number
  /** How many questions came before this one, over either transport. */
  readonly index: number
  /** A reply to the question with some parts of the message changed, as octets. */
  encode(parts?: Partial<Message>): Uint8Array
  /** Sends octets as they are, with a length prefix on TCP. */
  send(octets: Uint8Array): void
  /** Writes octets to the connection without a length prefix; over UDP the same as `send`. */
  write(octets: Uint8Array): void
  /** Sends a reply to the question with some parts of the message changed. */
  reply(parts?: Partial<Message>): void
  /** Closes the connection; does nothing over UDP. */
  close(): void
}

/** An upstream that does what a test tells it to. */
export interface FakeUpstream {
  readonly port: number
  /** `127.0.0.1:port`. */
  readonly address: string
  readonly exchanges: readonly FakeExchange[]
  /** TCP connections that have been accepted. */
  readonly connections: number
  /** TCP connections that are open now. */
  readonly openConnections: number
  /** Settles once so many questions have come. */
  received(count: number): Promise<void>
  close(): Promise<void>
}

/** How a fake upstream listens. */
export interface FakeUpstreamOptions {
  readonly port?: number
  readonly udp?: boolean
  readonly tcp?: boolean
}

/** Starts an upstream on 127.0.0.1 that gives each question to `script`. Close it in `t.after`. */
export async function startFakeUpstream(
  script: (exchange: FakeExchange) => void,
  options: FakeUpstreamOptions = {},
): Promise<FakeUpstream> {
  const { udpSocket, tcpServer, port } = await bindBoth(options.port ?? 0)
  const exchanges: FakeExchange[] = []
  const sockets = new Set<Socket>()
  const waiters: { count: number; resolve: () => void }[] = []
  let connections = 0

  function receive(octets: Uint8Array, transport: 'udp' | 'tcp', via: Sender): void {
    const exchange = makeExchange(octets, transport, exchanges.length, via)
    exchanges.push(exchange)
    for (const { count, resolve } of waiters) if (exchanges.length >= count) resolve()
    script(exchange)
  }

  if (options.udp === false) udpSocket.close()
  udpSocket.on('message', (octets, { port: clientPort, address: clientAddress }) => {
    const send = (reply: Uint8Array) => udpSocket.send(reply, clientPort, clientAddress)
    receive(octets, 'udp', { clientAddress, clientPort, send, write: send, close() {} })
  })
  if (options.tcp === false) tcpServer.close()
  tcpServer.on('connection', socket => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    const send = (reply: Uint8Array) => void socket.write(frame(reply))
    const write = (octets: Uint8Array) => void socket.write(octets)
    const close = () => void socket.destroy()
    socket.setNoDelay(true)
    const { remoteAddress: clientAddress = '', remotePort: clientPort = 0 } = socket
    onFrames(socket, octets => receive(octets, 'tcp', { clientAddress, clientPort, send, write, close }))
  })

  return {
    port,
    address: `127.0.0.1:${port}`,
    exchanges,
    get connections() {
      return connections
    },
    get openConnections() {
      return sockets.size
    },
    received: count =>
      exchanges.length >= count ? Promise.resolve() : new Promise(resolve => waiters.push({ count, resolve })),
    async close() {
      for (const socket of sockets) socket.destroy()
      if (options.udp !== false) udpSocket.close()
      if (options.tcp !== false) await new Promise(resolve => tcpServer.close(resolve))
    },
  }
}

type Sender = Pick<FakeExchange, 'clientAddress' | 'clientPort' | 'send' | 'write' | 'close'>

function makeExchange(octets: Uint8Array, transport: 'udp' | 'tcp', index: number, sender: Sender): FakeExchange {
  const message = decode(octets)
  const encode = (parts: Partial<Message> = {}) => {
    const base = { ...message, flags: Flag.QR | Flag.RA | (message.flags & Flag.RD), additional: [] }
    return encodeMessage({ ...base, ...parts })
  }
  const reply = (parts?: Partial<Message>) => sender.send(encode(parts))
  return { message, octets, transport, index, encode, reply, ...sender }
}

/** A UDP socket and a TCP server on the same port of 127.0.0.1. */
async function bindBoth(wanted: number): Promise<{ udpSocket: UdpSocket; tcpServer: Server; port: number }> {
  for (let attempt = 0; ; attempt++) {
    const udpSocket = createSocket('udp4')
    udpSocket.bind(wanted, '127.0.0.1')
    await once(udpSocket, 'listening')
    const { port } = udpSocket.address()
    const tcpServer = createServer()
    try {
      tcpServer.listen(port, '127.0.0.1')
      await once(tcpServer, 'listening')
      return { udpSocket, tcpServer, port }
    } catch (error) {
      udpSocket.close()
      if (attempt >= 10) throw error
    }
  }
}

function frame(octets: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([octets.length >> 8, octets.length & 0xff]), octets])
}

function onFrames(socket: Socket, receive: (octets: Uint8Array) => void): void {
  let buffered: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk])
    while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
      const end = 2 + buffered.readUInt16BE(0)
      receive(buffered.subarray(2, end))
      buffered = buffered.subarray(end)
    }
  })
}
