import type { TestContext } from 'node:test'
import type { DropReason } from '#net/drop.ts'
import type { StreamLimits } from '#net/stream-limits.ts'
import type { StreamListener } from '#net/stream-listener.ts'
import { listenTcp } from '#net/tcp.ts'
import { ScriptedResponder } from '#test/support/scripted-responder.ts'
import { StreamClient } from '#test/support/stream-client.ts'

/** A TCP listener that answers as its queries say, and what is seen of it. */
export interface TcpBench {
  readonly listener: StreamListener
  readonly responder: ScriptedResponder
  readonly drops: Map<DropReason, number>
  connect(): Promise<StreamClient>
}

/** Listens with limits that differ from the ordinary ones, and connects to that; all is closed after the test. */
export async function tcpBench(
  t: TestContext,
  limits: Partial<StreamLimits> = {},
  address: string = '127.0.0.1',
): Promise<TcpBench> {
  const responder = new ScriptedResponder()
  const drops = new Map<DropReason, number>()
  const onDrop = (reason: DropReason, count: number) => void drops.set(reason, (drops.get(reason) ?? 0) + count)
  const listener = await listenTcp({ address, port: 0, responder, limits, onDrop })
  const clients: StreamClient[] = []
  t.after(async () => {
    for (const client of clients) client.socket.destroy()
    await listener.close(0)
  })
  const connect = async () => {
    const client = await StreamClient.connect(listener.port)
    clients.push(client)
    return client
  }
  return { listener, responder, drops, connect }
}
