import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer, get } from 'node:http'
import { createServer as createTlsServer, get as getOverTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { collectYoungGarbage } from '#lib/young-garbage.ts'
import { readChunks } from '#plugins/kubernetes/api/chunks.ts'
import { SilenceFailure } from '#plugins/kubernetes/api/failure.ts'
import { Inbox } from '#plugins/kubernetes/api/inbox.ts'
import { keepAliveAgent } from '#plugins/kubernetes/api/keep-alive-agent.ts'
import { certificates } from '#test/support/api-server/certificates.ts'
import { SeededRandom } from '#test/support/random.ts'

/** Asks a server on loopback, again and again over one connection. */
async function client(
  t: TestContext,
  listener: RequestListener,
  overTls = false,
): Promise<(path?: string) => Promise<IncomingMessage>> {
  const server = overTls ? createTlsServer(certificates.server, listener) : createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const agent = keepAliveAgent(new URL(`${overTls ? 'https' : 'http'}://127.0.0.1`), { ca: certificates.ca })
  t.after(() => agent.destroy())
  return async (path = '/') => {
    const request = (overTls ? getOverTls : get)({ path, port, host: 'localhost', family: 4, agent })
    request.on('error', () => {
      // The answer says so too.
    })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return response
  }
}

describe('the body of an answer', () => {
  for (const overTls of [false, true]) {
    it(`comes whole${overTls ? ' over TLS' : ''}, however it is sent and however slowly it is taken`, async t => {
      const random = new SeededRandom()
      const sent = createHash('sha256')
      const ask = await client(
        t,
        async (_, answer) => {
          for (let i = 0; i < 2000; i++) {
            const piece = Buffer.alloc(
              1 + random.below(i % 20 === 0 ? 200_000 : 3000),
              String.fromCharCode(97 + (i % 26)),
            )
            sent.update(piece)
            if (!answer.write(piece)) await once(answer, 'drain')
          }
          answer.end()
        },
        overTls,
      )
      const response = await ask()
      const taken = createHash('sha256')
      let octets = 0
      for await (const chunk of readChunks(response, new Inbox(), () => 60_000)) {
        if (random.below(50) === 0) await sleep(1)
        octets += chunk.length
        taken.update(chunk)
      }
      assert.ok(octets > 0)
      assert.equal(taken.digest('hex'), sent.digest('hex'))
    })
  }

  it('is read beside others over connections that share a buffer', async t => {
    const ask = await client(t, async ({ url }, answer) => {
      const piece = Buffer.alloc(30_000, url!.slice(1))
      for (let i = 0; i < 100; i++) if (!answer.write(piece)) await once(answer, 'drain')
      answer.end()
    })
    const texts = await Promise.all(
      ['a', 'b', 'c'].map(async path => {
        let text = ''
        for await (const chunk of readChunks(await ask(`/${path}`), new Inbox(), () => 60_000)) text += String(chunk)
        return text
      }),
    )
    assert.deepEqual(
      texts,
      ['a', 'b', 'c'].map(letter => letter.repeat(3_000_000)),
    )
  })

  it('leaves nothing to collections of the whole heap, however many bodies are read', async t => {
    const piece = Buffer.alloc(50_000, 'x')
    const ask = await client(t, async (_, answer) => {
      for (let i = 0; i < 200; i++) if (!answer.write(piece)) await once(answer, 'drain')
      answer.end()
    })
    const inbox = new Inbox()
    const read = async (): Promise<void> => {
      for await (const _ of readChunks(await ask(), inbox, () => 60_000)) await setImmediate()
    }
    await read()
    collectYoungGarbage()
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 10; i++) await read()
    collectYoungGarbage()
    const left = process.memoryUsage().arrayBuffers - before
    assert.ok(left < 2 << 20, `${left} octets of 100 MB`)
  })

  it('that is cut off or silent is an error, after all that has come', async t => {
    const askCut = await client(t, (_, answer) => {
      answer.write('some')
      setTimeout(() => answer.destroy(), 20)
    })
    const cut = await askCut()
    const pieces: string[] = []
    await assert.rejects(async () => {
      for await (const chunk of readChunks(cut, new Inbox(), () => 60_000)) pieces.push(String(chunk))
    })
    assert.deepEqual(pieces, ['some'])
    const askSilent = await client(t, (_, answer) => void answer.write('some'))
    const silent = await askSilent()
    await assert.rejects(async () => {
      for await (const _ of readChunks(silent, new Inbox(), () => 20));
    }, SilenceFailure)
  })
})
