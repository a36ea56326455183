import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import type { WatchEvent } from '#test/support/api-server/api-client.ts'
import { getJson, openRequest, watchEvents } from '#test/support/api-server/api-client.ts'
import { namespace, service } from '#test/support/api-server/cluster.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import type { Status } from '#test/support/api-server/status.ts'
import { until } from '#test/support/until.ts'

async function start(t: TestContext, windowEvents = 1000): Promise<FakeApiServer> {
  const api = await startApiServer({ windowEvents })
  t.after(() => api.close())
  api.apply(service('default', 'a', '10.0.0.1'))
  api.apply(service('default', 'b', '10.0.0.2'))
  return api
}

const watchUrl = (api: FakeApiServer, query: string) => `${api.url}/api/v1/services?watch=true&${query}`
const shown = (events: readonly WatchEvent[]): string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata.name ?? object.metadata.resourceVersion}`)

describe('a watch', () => {
  it('from a version sends what happened since, and what happens', async t => {
    const api = await start(t)
    const version = api.store.resourceVersion
    api.apply(service('default', 'c', '10.0.0.3'))
    const events = watchEvents(watchUrl(api, `resourceVersion=${version}`), 3)
    await until(() => api.watchCount() === 1)
    api.apply(service('default', 'a', '10.0.0.9'))
    api.apply(namespace('not-watched'))
    api.delete('Service', 'b', 'default')
    assert.deepEqual(shown(await events), ['ADDED c', 'MODIFIED a', 'DELETED b'])
  })

  it('sends objects with their kind, and deleted ones with the version of the deletion', async t => {
    const api = await start(t)
    const version = api.store.resourceVersion
    api.delete('Service', 'b', 'default')
    const [event] = await watchEvents(watchUrl(api, `resourceVersion=${version}`), 1)
    assert.equal(event!.object.kind, 'Service')
    assert.equal(event!.object.metadata.resourceVersion, String(version + 1))
  })

  for (const query of ['', 'resourceVersion=0']) {
    it(`sends the present objects first with "${query}"`, async t => {
      const api = await start(t)
      assert.deepEqual(shown(await watchEvents(watchUrl(api, query), 2)), ['ADDED a', 'ADDED b'])
    })
  }

  it('ends at its timeout, two seconds after a bookmark for those who take them', async t => {
    const api = await start(t)
    const version = api.store.resourceVersion
    const query = `resourceVersion=${version}&timeoutSeconds=3`
    const [plain, marked] = await Promise.all([
      watchEvents(watchUrl(api, query)),
      watchEvents(watchUrl(api, `${query}&allowWatchBookmarks=true`)),
    ])
    assert.deepEqual(plain, [])
    assert.deepEqual(shown(marked), [`BOOKMARK ${version}`])
    assert.equal(api.watchCount(), 0)
  })

  it('with sendInitialEvents marks the end of the present objects', async t => {
    const api = await start(t)
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    const events = await watchEvents(watchUrl(api, query), 3)
    const end = String(api.store.resourceVersion)
    assert.deepEqual(shown(events), ['ADDED a', 'ADDED b', `BOOKMARK ${end}`])
    assert.deepEqual(events[2]!.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' })
  })

  it('refuses sendInitialEvents without resourceVersionMatch, and from a server without WatchList', async t => {
    const api = await start(t)
    const query = 'sendInitialEvents=true&allowWatchBookmarks=true'
    assert.equal((await getJson<Status>(watchUrl(api, query))).status, 422)
    api.faults.refuseWatchList = true
    const { status, body } = await getJson<Status>(watchUrl(api, `${query}&resourceVersionMatch=NotOlderThan`))
    assert.deepEqual([status, body.reason], [422, 'Invalid'])
  })

  it('from a forgotten version is 410, in the stream or as status', async t => {
    const api = await start(t)
    const version = api.store.resourceVersion
    api.store.compact()
    const [event, ...more] = await watchEvents(watchUrl(api, `resourceVersion=${version}`))
    assert.equal(event!.type, 'ERROR')
    assert.equal((event!.object as unknown as Status).code, 410)
    assert.equal((event!.object as unknown as Status).reason, 'Expired')
    assert.deepEqual(more, [])
    api.faults.goneByStatus = true
    assert.equal((await getJson<Status>(watchUrl(api, `resourceVersion=${version}`))).status, 410)
  })

  it('forgets by itself what is older than the window', async t => {
    const api = await start(t, 10)
    const version = api.store.resourceVersion
    for (let i = 0; i < 30; i++) api.apply(service('default', 'a', `10.0.1.${i}`))
    const [event] = await watchEvents(watchUrl(api, `resourceVersion=${version}`))
    assert.equal(event!.type, 'ERROR')
    const recent = await watchEvents(watchUrl(api, `resourceVersion=${api.store.resourceVersion - 5}`), 5)
    assert.equal(recent.length, 5)
  })

  it('shows objects that come to be selected as added, and those that no longer are as deleted', async t => {
    const api = await start(t)
    const url = `${api.url}/api/v1/namespaces?watch=true&labelSelector=team&resourceVersion=${api.store.resourceVersion}`
    api.apply(namespace('x'))
    api.apply(namespace('x', { team: 'a' }))
    api.apply(namespace('x', { team: 'b' }))
    api.apply(namespace('x'))
    api.delete('Namespace', 'x')
    api.apply(namespace('y', { team: 'a' }))
    assert.deepEqual(shown(await watchEvents(url, 4)), ['ADDED x', 'MODIFIED x', 'DELETED x', 'ADDED y'])
  })

  it('of one namespace shows nothing of the others', async t => {
    const api = await start(t)
    const url = `${api.url}/api/v1/namespaces/web/services?watch=1&resourceVersion=${api.store.resourceVersion}`
    api.apply(service('default', 'c', '10.0.0.3'))
    api.apply(service('web', 'd', '10.0.0.4'))
    assert.deepEqual(shown(await watchEvents(url, 1)), ['ADDED d'])
  })

  it('of a version that is still to come is 504', async t => {
    const api = await start(t)
    assert.equal((await getJson<Status>(watchUrl(api, 'resourceVersion=99999'))).status, 504)
  })

  it('gets what it missed when a replica that lags catches up', async t => {
    const api = await start(t)
    const events = watchEvents(watchUrl(api, `resourceVersion=${api.store.resourceVersion}`), 2)
    await until(() => api.watchCount() === 1)
    api.lag()
    api.apply(service('default', 'c', '10.0.0.3'))
    api.delete('Service', 'a', 'default')
    api.catchUp()
    assert.deepEqual(shown(await events), ['ADDED c', 'DELETED a'])
  })

  it('has the end of its initial state marked by a replica that lags, too', async t => {
    const api = await start(t)
    const version = api.store.resourceVersion
    const query = `sendInitialEvents=true&resourceVersion=${version}&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`
    api.lag()
    api.apply(service('default', 'c', '10.0.0.3'))
    const events = watchEvents(watchUrl(api, query), 4)
    await until(() => api.watchCount() === 1)
    api.catchUp()
    assert.deepEqual(shown(await events), ['ADDED a', 'ADDED b', `BOOKMARK ${version}`, 'ADDED c'])
  })

  it('is over for the server once its client has gone', async t => {
    const api = await start(t)
    const response = await openRequest(watchUrl(api, 'resourceVersion=0'))
    await until(() => api.watchCount() === 1)
    response.destroy()
    await until(() => api.watchCount() === 0)
  })
})
