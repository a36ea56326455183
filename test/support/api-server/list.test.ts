import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { getJson, openRequest } from '#test/support/api-server/api-client.ts'
import { namespace, pod, service, slice } from '#test/support/api-server/cluster.ts'
import type { ApiObject } from '#test/support/api-server/object.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import type { Status } from '#test/support/api-server/status.ts'

interface List {
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: {
    readonly resourceVersion: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
  readonly items: readonly ApiObject[]
}

async function start(t: TestContext, names: readonly string[] = []): Promise<FakeApiServer> {
  const api = await startApiServer()
  t.after(() => api.close())
  for (const name of names) api.apply(service('default', name, '10.0.0.1'))
  return api
}

const list = (api: FakeApiServer, path: string) => getJson<List>(api.url + path)
const refused = (api: FakeApiServer, path: string) => getJson<Status>(api.url + path)
const names = ({ items }: List): string[] => items.map(({ metadata }) => metadata.name)

describe('a list', () => {
  it('has the kind, the version of the state, and items without their own kind', async t => {
    const api = await start(t, ['b', 'a'])
    const { status, body } = await list(api, '/api/v1/services')
    assert.equal(status, 200)
    assert.deepEqual([body.kind, body.apiVersion], ['ServiceList', 'v1'])
    assert.equal(body.metadata.resourceVersion, String(api.store.resourceVersion))
    assert.deepEqual(names(body), ['a', 'b'])
    assert.equal(body.items[0]!.kind, undefined)
    assert.ok(Number(body.items[0]!.metadata.resourceVersion) <= Number(body.metadata.resourceVersion))
  })

  it('is of every namespace or of one', async t => {
    const api = await start(t, ['a'])
    api.apply(slice('other', 's', 'a', ['10.1.0.1']))
    api.apply(slice('default', 's', 'a', ['10.1.0.1']))
    const path = '/apis/discovery.k8s.io/v1'
    assert.equal((await list(api, `${path}/endpointslices`)).body.items.length, 2)
    assert.equal((await list(api, `${path}/namespaces/other/endpointslices`)).body.items.length, 1)
    assert.equal((await list(api, '/api/v1/namespaces/none/services')).body.items.length, 0)
  })

  it('is empty for a resource without objects', async t => {
    const api = await start(t)
    assert.deepEqual((await list(api, '/api/v1/pods')).body.items, [])
  })

  it('is cut in pages that all show the state of the first', async t => {
    const api = await start(t, ['a', 'b', 'c', 'd', 'e'])
    const first = (await list(api, '/api/v1/services?limit=2')).body
    assert.deepEqual(names(first), ['a', 'b'])
    assert.equal(first.metadata.remainingItemCount, 3)
    api.delete('Service', 'd', 'default')
    api.apply(service('default', 'cc', '10.0.0.9'))
    const second = (await list(api, `/api/v1/services?limit=2&continue=${first.metadata.continue}`)).body
    assert.deepEqual(names(second), ['c', 'd'])
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion)
    const third = (await list(api, `/api/v1/services?limit=2&continue=${second.metadata.continue}`)).body
    assert.deepEqual(names(third), ['e'])
    assert.equal(third.metadata.continue, undefined)
  })

  it('gives a forgotten token 410 and another one, which goes on in the present', async t => {
    const api = await start(t, ['a', 'b', 'c'])
    const first = (await list(api, '/api/v1/services?limit=1')).body
    api.store.forgetPagedLists()
    api.apply(service('default', 'bb', '10.0.0.9'))
    const { status, body } = await refused(api, `/api/v1/services?limit=1&continue=${first.metadata.continue}`)
    assert.deepEqual([status, body.code, body.reason], [410, 410, 'Expired'])
    const rest = await list(api, `/api/v1/services?continue=${body.metadata['continue']}`)
    assert.deepEqual(names(rest.body), ['b', 'bb', 'c'])
  })

  it('of resourceVersion 0 comes from the cache: no pages, and old where the cache lags', async t => {
    const api = await start(t, ['a', 'b', 'c'])
    const version = api.store.resourceVersion
    api.lag()
    api.apply(service('default', 'd', '10.0.0.9'))
    const { body } = await list(api, '/api/v1/services?resourceVersion=0&limit=1')
    assert.deepEqual(names(body), ['a', 'b', 'c'])
    assert.equal(body.metadata.resourceVersion, String(version))
    assert.equal((await list(api, '/api/v1/services')).body.items.length, 4)
    const newer = await refused(api, `/api/v1/services?resourceVersion=${version + 1}`)
    assert.deepEqual([newer.status, newer.body.reason], [504, 'Timeout'])
  })

  it('of an exact version shows that state, or 410 when it is forgotten', async t => {
    const api = await start(t, ['a', 'b'])
    const version = api.store.resourceVersion
    api.delete('Service', 'a', 'default')
    api.apply(service('default', 'c', '10.0.0.9'))
    const exact = `/api/v1/services?resourceVersion=${version}&resourceVersionMatch=Exact`
    assert.deepEqual(names((await list(api, exact)).body), ['a', 'b'])
    const notOlder = `/api/v1/services?resourceVersion=${version}&resourceVersionMatch=NotOlderThan`
    assert.deepEqual(names((await list(api, notOlder)).body), ['b', 'c'])
    api.store.compact()
    assert.equal((await refused(api, exact)).status, 410)
    assert.deepEqual(names((await list(api, notOlder)).body), ['b', 'c'])
  })

  it('of a version that is still to come is 504 with the cause', async t => {
    const api = await start(t, ['a'])
    const { status, body } = await refused(api, '/api/v1/services?resourceVersion=999999')
    assert.equal(status, 504)
    assert.match(JSON.stringify(body.details), /ResourceVersionTooLarge/)
  })

  const selections: [path: string, expected: readonly string[]][] = [
    ['/api/v1/namespaces?labelSelector=team%3Da', ['one']],
    ['/api/v1/namespaces?labelSelector=team', ['one', 'two']],
    ['/api/v1/namespaces?labelSelector=!team', ['three']],
    ['/api/v1/namespaces?labelSelector=team%20in%20(a,b)', ['one', 'two']],
    ['/api/v1/namespaces?labelSelector=team%20notin%20(a,b)', ['three']],
    ['/api/v1/namespaces?labelSelector=team!%3Da,team', ['two']],
    ['/api/v1/namespaces?fieldSelector=metadata.name%3Dtwo', ['two']],
    ['/api/v1/pods?fieldSelector=status.phase!%3DSucceeded,status.phase!%3DFailed', ['running']],
  ]
  for (const [path, expected] of selections) {
    it(`selects: ${decodeURIComponent(path)}`, async t => {
      const api = await start(t)
      api.apply(namespace('one', { team: 'a' }))
      api.apply(namespace('two', { team: 'b' }))
      api.apply(namespace('three'))
      api.apply(pod('one', 'running', '10.1.0.1'))
      api.apply(pod('one', 'done', '10.1.0.2', 'Succeeded'))
      api.apply(pod('one', 'broken', '10.1.0.3', 'Failed'))
      assert.deepEqual(names((await list(api, path)).body).sort(), [...expected].sort())
    })
  }

  const mistakes: [path: string, code: number][] = [
    ['/api/v1/services?limit=x', 400],
    ['/api/v1/services?continue=zzz', 400],
    ['/api/v1/services?labelSelector=a%3D%3D%3Db', 400],
    ['/api/v1/services?fieldSelector=spec.none%3D1', 400],
    ['/api/v1/services?resourceVersionMatch=Exact', 422],
    ['/api/v1/services?resourceVersionMatch=Exact&resourceVersion=0', 422],
    ['/api/v1/services?resourceVersionMatch=Nearly&resourceVersion=1', 422],
    ['/api/v1/gadgets', 404],
    ['/apis/discovery.k8s.io/v1beta1/endpointslices', 404],
    ['/api/v1/namespaces/default/services/none', 404],
  ]
  for (const [path, code] of mistakes) {
    it(`refuses ${decodeURIComponent(path)}`, async t => {
      const { status, body } = await refused(await start(t), path)
      assert.deepEqual([status, body.kind, body.code], [code, 'Status', code])
    })
  }

  it('of custom resources has items with their own kind', async t => {
    const api = await start(t)
    const metadata = { name: 'a', namespace: 'default' }
    api.apply({ apiVersion: 'multicluster.x-k8s.io/v1alpha1', kind: 'ServiceImport', metadata, spec: {} })
    const { body } = await list(api, '/apis/multicluster.x-k8s.io/v1alpha1/serviceimports')
    assert.equal(body.items[0]!.kind, 'ServiceImport')
  })

  it('of custom resources whose definition is not installed is a page that is not there', async t => {
    const api = await start(t)
    api.withdraw('serviceimports')
    const response = await openRequest(`${api.url}/apis/multicluster.x-k8s.io/v1alpha1/serviceimports`)
    assert.deepEqual([response.statusCode, response.headers['content-type']], [404, 'text/plain; charset=utf-8'])
    response.destroy()
  })
})

describe('an object', () => {
  it('is read by its name', async t => {
    const api = await start(t, ['a'])
    const { body } = await getJson<ApiObject>(`${api.url}/api/v1/namespaces/default/services/a`)
    assert.deepEqual([body.kind, body.metadata.name], ['Service', 'a'])
  })

  it('keeps its uid and gets a greater version with each change to anything', async t => {
    const api = await start(t)
    const first = api.apply(service('default', 'a', '10.0.0.1'))
    api.apply(namespace('x'))
    const second = api.apply(service('default', 'a', '10.0.0.2'))
    assert.equal(first.metadata.uid, second.metadata.uid)
    assert.equal(Number(second.metadata.resourceVersion), Number(first.metadata.resourceVersion) + 2)
  })
})
