import { once } from 'node:events'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import tls from 'node:tls'
import { certificates } from '#test/support/api-server/certificates.ts'
import type { Ask } from '#test/support/client.ts'
import { decode, queryOctets } from '#test/support/client.ts'
import { StreamClient } from '#test/support/stream-client.ts'
import type { Message } from '#wire/message.ts'

/** A client of a TLS listener on loopback, which has to show a certificate of the tests' authority unless `options` say otherwise. */
export async function connectTls(port: number, options: ConnectionOptions = {}): Promise<TlsClient> {
  const defaults = { port, host: '127.0.0.1', ca: certificates.ca, allowHalfOpen: true }
  const socket = tls.connect({ ...defaults, ...options })
  const sessions: Buffer[] = []
  socket.on('session', session => sessions.push(session))
  await once(socket, 'secureConnect')
  return new TlsClient(socket, sessions)
}

/** A client that is through the handshake. */
export class TlsClient extends StreamClient {
  readonly tls: TLSSocket
  /** Sessions that may be resumed, the newest last. */
  readonly sessions: readonly Buffer[]

  constructor(socket: TLSSocket, sessions: readonly Buffer[]) {
    super(socket)
    this.tls = socket
    this.sessions = sessions
  }

  /** Asks, and waits for one more reply. Rejects when the server ends the connection instead. */
  async ask(name: string, type: string, how: Ask = {}): Promise<Message> {
    const count = this.replies.length + 1
    this.send(queryOctets(name, type, how))
    return decode((await this.receive(count))[count - 1]!)
  }
}

/** Asks over a connection of its own. */
export async function askTls(
  port: number,
  name: string,
  type: string,
  options: ConnectionOptions = {},
): Promise<Message> {
  const client = await connectTls(port, options)
  try {
    return await client.ask(name, type)
  } finally {
    await client.close()
  }
}
