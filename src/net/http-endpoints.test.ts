import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import type { HttpAnswer, HttpClaim } from '#lib/http.ts'
import { splitHostPort } from '#net/address.ts'
import { HttpEndpointServer } from '#net/http-endpoints.ts'

const say = (body: string) => (): HttpAnswer => ({ status: 200, body })

async function claimed(t: TestContext, handler: () => HttpAnswer | Promise<HttpAnswer>): Promise<HttpClaim> {
  const claim = await new HttpEndpointServer().claim('127.0.0.1:0', '/health', handler)
  t.after(() => claim.release())
  return claim
}

test('GET is answered with status, length and type, whatever the query string', async t => {
  const { address } = await claimed(t, say('OK'))
  const response = await fetch(`http://${address}/health?x=1`)
  assert.deepEqual(
    [response.status, response.headers.get('content-length'), response.headers.get('content-type')],
    [200, '2', 'text/plain; charset=utf-8'],
  )
  assert.equal(await response.text(), 'OK')
})

test('a handler may answer later, with a status and a type of its own', async t => {
  const { address } = await claimed(t, async () => ({ status: 503, body: '{}', contentType: 'application/json' }))
  const response = await fetch(`http://${address}/health`)
  assert.deepEqual([response.status, response.headers.get('content-type')], [503, 'application/json'])
  await response.text()
})

test('HEAD gets the head alone', async t => {
  const { address } = await claimed(t, say('OK'))
  const response = await fetch(`http://${address}/health`, { method: 'HEAD' })
  assert.deepEqual([response.status, response.headers.get('content-length'), await response.text()], [200, '2', ''])
})

test('other methods, other paths and bodies are refused', async t => {
  const { address } = await claimed(t, say('OK'))
  for (const [head, status] of [
    ['POST /health HTTP/1.1', 405],
    ['DELETE /health HTTP/1.1', 405],
    ['GET /other HTTP/1.1', 404],
    ['GET /health/ HTTP/1.1', 404],
    ['GET /health HTTP/1.1\r\nContent-Length: 5', 413],
    ['GET /health HTTP/1.1\r\nTransfer-Encoding: chunked', 413],
    [`GET /health HTTP/1.1\r\nX: ${'x'.repeat(9000)}`, 431],
    ['nonsense', 400],
  ] as const) {
    const answer = await speak(address, `${head}\r\nHost: x\r\nConnection: close\r\n\r\n`)
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), head.slice(0, 60))
  }
})

for (const [fault, handler] of [
  ['throws', () => assert.fail('broken')],
  ['rejects', () => Promise.reject(new Error('broken'))],
] as const) {
  test(`a handler that ${fault} gives 500 and the port lives on`, async t => {
    const { address } = await claimed(t, handler)
    for (let round = 0; round < 2; round++) {
      const response = await fetch(`http://${address}/health`)
      assert.equal(response.status, 500)
      assert.doesNotMatch(await response.text(), /broken/)
    }
  })
}

test('a handler whose content type is no header value costs its connection only', async t => {
  const { address } = await claimed(t, () => ({ status: 200, body: '', contentType: 'a\r\nb' }))
  await assert.rejects(fetch(`http://${address}/health`))
  await assert.rejects(fetch(`http://${address}/health`))
})

test('paths on one address share its port; the last claim of a path answers until it is released', async () => {
  const endpoints = new HttpEndpointServer()
  const first = await endpoints.claim('127.0.0.1:0', '/health', say('first'))
  const ready = await endpoints.claim('127.0.0.1:0', '/ready', say('ready'))
  const second = await endpoints.claim('127.0.0.1:0', '/health', say('second'))
  assert.equal(ready.address, first.address)
  assert.equal(await get(first.address, '/health'), 'second')
  await first.release()
  await first.release()
  assert.equal(await get(second.address, '/health'), 'second')
  assert.equal(await get(ready.address, '/ready'), 'ready')
  const third = await endpoints.claim('127.0.0.1:0', '/health', say('third'))
  await third.release()
  assert.equal(await get(second.address, '/health'), 'second')
  await second.release()
  assert.match(await get(ready.address, '/health'), /404/)
  await ready.release()
  await assert.rejects(fetch(`http://${ready.address}/ready`))
})

test('clients that hold connections open keep no one else out', async t => {
  const { address } = await claimed(t, say('OK'))
  const { host, port } = splitHostPort(address)!
  const idle = Array.from({ length: 300 }, () => net.connect(Number(port), host).on('error', () => {}))
  t.after(() => idle.forEach(socket => void socket.destroy()))
  await Promise.all(idle.map(socket => once(socket, 'connect')))
  const response = await fetch(`http://${address}/health`)
  assert.equal(await response.text(), 'OK')
})

test('a port closed by the last release can be claimed again at once', async () => {
  const endpoints = new HttpEndpointServer()
  const { address, release } = await endpoints.claim('127.0.0.1:0', '/', say('one'))
  const closing = release()
  const again = await endpoints.claim(address, '/', say('two'))
  assert.equal(await get(again.address, '/'), 'two')
  await Promise.all([closing, again.release()])
})

test('the last release waits for requests under way', async () => {
  const endpoints = new HttpEndpointServer()
  const { promise, resolve } = Promise.withResolvers<HttpAnswer>()
  let asked = () => {}
  const isAsked = new Promise<void>(wake => {
    asked = wake
  })
  const claim = await endpoints.claim('127.0.0.1:0', '/', () => {
    asked()
    return promise
  })
  const answer = get(claim.address, '/')
  await isAsked
  const released = claim.release()
  resolve({ status: 200, body: 'late' })
  assert.equal(await answer, 'late')
  await released
})

test('every address is listened on when none is named', async () => {
  const claim = await new HttpEndpointServer().claim(':0', '/', say('all'))
  assert.match(claim.address, /^:\d+$/)
  assert.equal(await get(`127.0.0.1${claim.address}`, '/'), 'all')
  await claim.release()
})

test('what cannot be listened on is told in the words of Go, and can be tried again', async () => {
  const endpoints = new HttpEndpointServer()
  const other = net.createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as net.AddressInfo
  const address = `127.0.0.1:${port}`
  await assert.rejects(endpoints.claim(address, '/', say('')), {
    message: `listen tcp ${address}: bind: address already in use`,
  })
  other.close()
  await once(other, 'close')
  await (await endpoints.claim(address, '/', say(''))).release()
  await assert.rejects(endpoints.claim('8080', '/', say('')), /^Error: listen tcp: address 8080: /)
})

async function get(address: string, path: string): Promise<string> {
  return (await fetch(`http://${address}${path}`, { headers: { connection: 'close' } })).text()
}

/** Sends octets as they are and reads to the end. */
async function speak(address: string, request: string): Promise<string> {
  const { host, port } = splitHostPort(address)!
  const socket = net.connect(port, host)
  socket.on('error', () => {})
  socket.write(request)
  let answer = ''
  socket.setEncoding('latin1').on('data', text => {
    answer += text
  })
  await once(socket, 'close')
  return answer
}
