import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer, get } from 'node:http'
import { createServer as createTlsServer, get as getOverTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { readChunks } from '#plugins/kubernetes/api/chunks.ts'
import { SilenceFailure } from '#plugins/kubernetes/api/failure.ts'
import { certificates } from '#test/support/api-server/certificates.ts'
import { SeededRandom } from '#test/support/random.ts'

/** An answer of a server on loopback. */
async function answerOf(t: TestContext, listener: RequestListener, overTls = false): Promise<IncomingMessage> {
  const server = overTls ? createTlsServer(certificates.server, listener) : createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const request = overTls ? getOverTls({ port, agent: false, ca: certificates.ca }) : get({ port, agent: false })
  request.on('error', () => {
    // The answer says so too.
  })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

describe('the body of an answer', () => {
  for (const overTls of [false, true]) {
    it(`comes whole${overTls ? ' over TLS' : ''}, however it is sent and however slowly it is taken`, async t => {
      const random = new SeededRandom()
      const sent = createHash('sha256')
      const response = await answerOf(
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
      const taken = createHash('sha256')
      let octets = 0
      for await (const chunks of readChunks(response, () => 60_000)) {
        if (random.below(50) === 0) await sleep(1)
        for (const chunk of chunks) {
          octets += chunk.length
          taken.update(chunk)
        }
      }
      assert.ok(octets > 0)
      assert.equal(taken.digest('hex'), sent.digest('hex'))
    })
  }

  it('leaves no buffers behind: they do not add up while it is taken', async t => {
    const piece = Buffer.alloc(50_000, 'x')
    const response = await answerOf(t, async (_, answer) => {
      for (let i = 0; i < 2000; i++) if (!answer.write(piece)) await once(answer, 'drain')
      answer.end()
    })
    const before = process.memoryUsage().arrayBuffers
    let highest = 0
    for await (const _ of readChunks(response, () => 60_000)) {
      highest = Math.max(highest, process.memoryUsage().arrayBuffers - before)
    }
    assert.ok(highest < 12 << 20, `${highest} octets of 100 MB`)
  })

  it('that is cut off or silent is an error, after all that has come', async t => {
    const cut = await answerOf(t, (_, answer) => {
      answer.write('some')
      setTimeout(() => answer.destroy(), 20)
    })
    const pieces: string[] = []
    await assert.rejects(async () => {
      for await (const chunks of readChunks(cut, () => 60_000)) pieces.push(...chunks.map(String))
    })
    assert.deepEqual(pieces, ['some'])
    const silent = await answerOf(t, (_, answer) => void answer.write('some'))
    await assert.rejects(async () => {
      for await (const _ of readChunks(silent, () => 20));
    }, SilenceFailure)
  })
})
