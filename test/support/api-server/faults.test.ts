import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { getJson, openRequest, watchEvents } from '#test/support/api-server/api-client.ts'
import { certificates } from '#test/support/api-server/certificates.ts'
import { generateCluster, service } from '#test/support/api-server/cluster.ts'
import type { ApiServerOptions, FakeApiServer } from '#test/support/api-server/server.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import type { Status } from '#test/support/api-server/status.ts'
import { until } from '#test/support/until.ts'

const SERVICES = '/api/v1/services'

async function start(t: TestContext, options: ApiServerOptions = {}): Promise<FakeApiServer> {
  const api = await startApiServer(options)
  t.after(() => api.close())
  for (const name of ['a', 'b', 'c']) api.apply(service('default', name, '10.0.0.1'))
  return api
}

/** A watch of services from now on, once it is there. */
async function watching(api: FakeApiServer, most?: number): Promise<{ events: ReturnType<typeof watchEvents> }> {
  const before = api.requests.length
  const url = `${api.url}${SERVICES}?watch=true&resourceVersion=${api.store.resourceVersion}`
  const events = watchEvents(url, most)
  events.catch(() => {})
  await until(() => api.requests.length > before)
  return { events }
}

describe('who may ask', () => {
  it('is told by a bearer token, which can be rotated', async t => {
    const api = await start(t, { tokens: ['one'] })
    const status = async (token?: string) =>
      (await getJson<Status>(api.url + SERVICES, token === undefined ? {} : { token })).status
    assert.deepEqual([await status(), await status('two'), await status('one')], [401, 401, 200])
    api.access.setTokens(['two'])
    assert.deepEqual([await status('one'), await status('two')], [401, 200])
  })

  it('is told by a client certificate', async t => {
    const api = await start(t, { tokens: [], tls: { ...certificates.server, clientCa: certificates.ca } })
    const { ca, client } = certificates
    assert.equal((await getJson(api.url + SERVICES, { ca, ...client })).status, 200)
    assert.equal((await getJson(api.url + SERVICES, { ca })).status, 401)
    await assert.rejects(getJson(api.url + SERVICES, { ca: certificates.otherCa }))
  })

  it('depends on verb and resource', async t => {
    const api = await start(t)
    api.access.deny('list', 'services')
    api.access.deny('watch', 'endpointslices.discovery.k8s.io')
    const { status, body } = await getJson<Status>(api.url + SERVICES)
    assert.deepEqual([status, body.reason], [403, 'Forbidden'])
    assert.match(body.message, /cannot list resource "services" in API group ""/)
    const slices = `${api.url}/apis/discovery.k8s.io/v1/endpointslices`
    assert.equal((await getJson(`${slices}?watch=true`)).status, 403)
    assert.equal((await getJson(slices)).status, 200)
  })

  it('is recorded', async t => {
    const api = await start(t, { tokens: ['one'] })
    await getJson(`${api.url}/api/v1/namespaces/default/services?limit=1`)
    const [request] = api.requests
    assert.deepEqual([request!.verb, request!.resource, request!.namespace], ['list', 'services', 'default'])
    assert.equal(request!.userAgent, 'test')
    await until(() => request!.status === 401)
    assert.deepEqual([...api.used], ['list services'])
  })
})

describe('a fault', () => {
  it('fails the next requests that match', async t => {
    const api = await start(t)
    api.faults.failNextWith(503, 2, { verb: 'list', resource: 'services' })
    api.faults.throttleNext(7, 1, { resource: 'pods' })
    const status = async (path: string) => (await getJson(api.url + path)).status
    assert.equal(await status('/api/v1/namespaces'), 200)
    assert.deepEqual([await status(SERVICES), await status(SERVICES), await status(SERVICES)], [503, 503, 200])
    const response = await openRequest(`${api.url}/api/v1/pods`)
    response.resume()
    assert.deepEqual([response.statusCode, response.headers['retry-after']], [429, '7'])
  })

  it('cuts a list in the middle', async t => {
    const api = await start(t)
    for (const cut of ['reset', 'end', 'garbage'] as const) {
      api.faults.cutNextList = cut
      await assert.rejects(getJson(api.url + SERVICES), Error, cut)
      assert.equal((await getJson(api.url + SERVICES)).status, 200)
    }
  })

  it('cuts an event in the middle', async t => {
    const api = await start(t)
    for (const cut of ['reset', 'end', 'garbage'] as const) {
      const { events } = await watching(api, 1)
      api.cutNextEvents(cut)
      api.apply(service('default', 'a', '10.0.0.7'))
      await assert.rejects(events, Error, cut)
    }
  })

  it('refuses connections, breaks those there are, and ends', async t => {
    const api = await start(t)
    const { port } = api
    const { events } = await watching(api)
    await api.refuse()
    await assert.rejects(events)
    await assert.rejects(getJson(api.url + SERVICES), /ECONNREFUSED/)
    await api.accept()
    assert.equal(api.port, port)
    assert.equal((await getJson(api.url + SERVICES)).status, 200)
  })

  it('hangs: nothing comes and nothing closes, also after new requests are answered', async t => {
    const api = await start(t)
    const { events } = await watching(api)
    api.hang()
    const hung = getJson(api.url + SERVICES)
    let isOver = false
    hung.catch(() => {}).finally(() => (isOver = true))
    events.catch(() => {}).finally(() => (isOver = true))
    await until(() => api.requests.length === 2)
    api.recover()
    api.apply(service('default', 'd', '10.0.0.8'))
    assert.equal((await getJson(api.url + SERVICES)).status, 200)
    assert.equal(isOver, false)
  })

  it('breaks or ends all watches', async t => {
    const api = await start(t)
    const broken = await watching(api)
    api.resetWatches()
    await assert.rejects(broken.events)
    const ended = await watching(api)
    api.endWatches()
    assert.deepEqual(await ended.events, [])
  })

  it('expires watches in their stream', async t => {
    const api = await start(t)
    const { events } = await watching(api)
    api.expireWatches()
    const [event] = await events
    assert.deepEqual([event!.type, (event!.object as unknown as Status).code], ['ERROR', 410])
  })

  it('silences watches', async t => {
    const api = await start(t)
    const silent = await watching(api, 1)
    api.silenceWatches()
    const fine = await watching(api, 1)
    api.apply(service('default', 'd', '10.0.0.8'))
    assert.equal((await fine.events).length, 1)
    let isOver = false
    silent.events.catch(() => {}).finally(() => (isOver = true))
    assert.equal(isOver, false)
  })

  it('sends events twice, and ends watches after some', async t => {
    const api = await start(t)
    api.faults.duplicateEvents = true
    const twice = await watching(api, 2)
    api.apply(service('default', 'd', '10.0.0.8'))
    assert.deepEqual(
      (await twice.events).map(({ object }) => object.metadata.name),
      ['d', 'd'],
    )
    api.faults.clear()
    api.faults.closeWatchesAfterEvents = 3
    const short = await watching(api)
    for (let i = 0; i < 9; i++) api.apply(service('default', 'd', `10.0.1.${i}`))
    assert.equal((await short.events).length, 3)
  })

  it('delays answers', async t => {
    const api = await start(t)
    api.faults.delayMs = 30
    const beganMs = performance.now()
    await getJson(api.url + SERVICES)
    // Timers may fire up to a millisecond early.
    assert.ok(performance.now() - beganMs >= 28)
  })
})

describe('a large cluster', () => {
  it('is listed, compressed for those who take it', async t => {
    const api = await start(t)
    for (const object of generateCluster({ services: 2000, slices: 20, endpointsPerSlice: 100, pods: 500 }))
      api.apply(object)
    const response = await openRequest(api.url + SERVICES, { headers: { 'accept-encoding': 'gzip' } })
    assert.equal(response.headers['content-encoding'], 'gzip')
    const chunks: Buffer[] = []
    response.on('data', chunk => chunks.push(chunk))
    await once(response, 'end')
    const { items } = JSON.parse(String(gunzipSync(Buffer.concat(chunks)))) as { items: unknown[] }
    assert.equal(items.length, 2003)
    const slices = await getJson<{ items: { endpoints: unknown[] }[] }>(
      `${api.url}/apis/discovery.k8s.io/v1/endpointslices?limit=10`,
    )
    assert.deepEqual([slices.body.items.length, slices.body.items[0]!.endpoints.length], [10, 100])
  })
})
