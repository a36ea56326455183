import assert from 'node:assert/strict'
import type { Socket } from 'node:dgram'
import dgram from 'node:dgram'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { describe, test } from 'node:test'
import { cLibrary } from '#net/batch/c-library.ts'
import { plugins } from '#plugins/order.ts'
import { faulty } from '#test/fixtures/server/faulty.ts'
import { queryOctets } from '#test/support/client.ts'
import { bootServer } from '#test/support/server.ts'

/** More than the receive buffer that is asked for holds, 4 MiB, whatever the system gives. */
const MESSAGES = 300
const MESSAGE_OCTETS = 60_000

/** The system counts drops; it is asked once a second. */
const PATIENCE_MS = 10_000

const skip = cLibrary() === null && 'only the batched transport knows what the kernel drops'

describe('what sockets let go is counted', () => {
  test('every reason is exported from the start, for each server, with 0', async t => {
    const server = await bootServer('. {\nbind 127.0.0.1\nprometheus 127.0.0.1:0\nwhoami\n}')
    t.after(() => server.close())
    const series = server.metrics().match(/^nodens_messages_dropped_total\{.*$/gm) ?? []
    const reasons = series.map(line => /^.*\{server="dns:\/\/127\.0\.0\.1:\d+",reason="(\w+)"\} 0$/.exec(line)?.[1])
    assert.deepEqual(reasons.sort(), [
      'accept_error',
      'handshake_failed',
      'peer_gone',
      'port_zero',
      'receive_buffer_full',
      'send_error',
      'send_queue_full',
      'too_many_connections',
      'too_much_held',
    ])
  })

  test('queries that the kernel dropped because the receive buffer was full', { skip }, async t => {
    const server = await bootServer('. {\nbind 127.0.0.1\nprometheus 127.0.0.1:0\nwhoami\n}')
    t.after(() => server.close())
    const client = await clientOf(t, server.port)
    flood(client) // One turn of the loop, in which nothing is read.
    const count = async () => counted(server.metrics())
    await reaches(async () => {
      const { dropped, rejected } = await count()
      return dropped > 0 && dropped + rejected === MESSAGES
    }, count)
  })

  test('those of serving threads are added up, over reloads and after a thread has ended', { skip }, async t => {
    const server = await bootServer('. {\nbind 127.0.0.1\nmultisocket 2\nprometheus 127.0.0.1:0\nfaulty\nwhoami\n}', {
      plugins: [faulty, ...plugins],
      threadEntry: new URL('../fixtures/server/faulty-thread.ts', import.meta.url),
    })
    t.after(() => server.close())
    const client = await clientOf(t, server.port)
    const count = async () => counted(await server.metricsOfAllThreads())
    client.send(queryOctets('stuck.example', 'A')) // The client's thread reads nothing for three seconds.
    await new Promise(resolve => setTimeout(resolve, 100))
    flood(client)
    await reaches(async () => (await count()).dropped > 0, count)
    const { dropped } = await count()
    server.writeCorefile('. {\nbind 127.0.0.1\nprometheus 127.0.0.1:0\nwhoami\n}')
    await server.runtime.reload()
    assert.equal((await count()).dropped, dropped)
  })
})

async function clientOf(t: TestContext, port: number): Promise<Socket> {
  const client = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  await once(client, 'listening')
  t.after(() => client.close())
  client.connect(port, '127.0.0.1')
  await once(client, 'connect')
  client.setSendBufferSize(1 << 20)
  return client
}

/** Sends messages that are answered by their header alone. */
function flood(client: Socket): void {
  const message = new Uint8Array(MESSAGE_OCTETS)
  for (let i = 0; i < MESSAGES; i++) client.send(message)
}

function counted(metrics: string): { dropped: number; rejected: number } {
  const sum = (pattern: RegExp) => [...metrics.matchAll(pattern)].reduce((total, [, value]) => total + Number(value), 0)
  return {
    dropped: sum(/^nodens_messages_dropped_total\{.*reason="receive_buffer_full"\} (\d+)$/gm),
    rejected: sum(/^nodens_messages_rejected_total\{.*\} (\d+)$/gm),
  }
}

async function reaches(isTrue: () => Promise<boolean>, state: () => Promise<unknown>): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) assert.fail(`still not true: ${JSON.stringify(await state())}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
