import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { getJson, watchEvents } from '#test/support/api-server/api-client.ts'
import { certificates } from '#test/support/api-server/certificates.ts'
import { namespace, service, slice } from '#test/support/api-server/cluster.ts'
import type { ApiObject } from '#test/support/api-server/object.ts'
import { kubernetesAssets, RealApiServer } from '#test/support/api-server/real.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { startApiServer } from '#test/support/api-server/server.ts'

const assets = kubernetesAssets()
const SERVICES = '/api/v1/namespaces/test/services'
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/test/endpointslices'
const INITIAL = 'sendInitialEvents=true'
const NOT_OLDER = 'resourceVersionMatch=NotOlderThan'

/** Questions for which the fake has to give what the real one does: status, reason, kind and names. */
const questions: readonly string[] = [
  '/api/v1/namespaces?fieldSelector=metadata.name%3Dtest',
  SERVICES,
  `${SERVICES}?limit=2`,
  `${SERVICES}?limit=0`,
  `${SERVICES}?resourceVersion=0&limit=1`,
  `${SERVICES}?resourceVersion=0`,
  `${SERVICES}?limit=x`,
  `${SERVICES}?resourceVersion=x`,
  `${SERVICES}?continue=zzz`,
  `${SERVICES}?labelSelector=a%3D%3D%3Db`,
  `${SERVICES}?labelSelector=app`,
  `${SERVICES}?labelSelector=app%20in%20(x,y)`,
  `${SERVICES}?fieldSelector=spec.none%3D1`,
  `${SERVICES}?resourceVersionMatch=Exact`,
  `${SERVICES}?resourceVersionMatch=Exact&resourceVersion=0`,
  `${SERVICES}?resourceVersionMatch=Nearly&resourceVersion=1`,
  `${SERVICES}?resourceVersion=99999999`,
  `${SERVICES}/none`,
  `${SERVICES}/a`,
  SLICES,
  '/api/v1/gadgets',
  '/apis/discovery.k8s.io/v1beta1/endpointslices',
  `${SERVICES}?watch=true&${INITIAL}`,
  `${SERVICES}?watch=true&${NOT_OLDER}`,
]

/** Watches whose events have to be the same, each ended by its timeout. */
const watches: readonly string[] = [
  `${SERVICES}?watch=true&timeoutSeconds=1`,
  `${SERVICES}?watch=true&timeoutSeconds=1&resourceVersion=0`,
  `${SERVICES}?watch=true&timeoutSeconds=1&${INITIAL}&${NOT_OLDER}&allowWatchBookmarks=true`,
  `${SERVICES}?watch=true&timeoutSeconds=1&${INITIAL}&${NOT_OLDER}`,
  `${SLICES}?watch=true&timeoutSeconds=1`,
]

describe('the fake API server answers as the real one does', {
  skip: 'reason' in assets ? assets.reason : false,
}, () => {
  let fake: FakeApiServer
  let real: RealApiServer
  const authorization = { headers: { authorization: 'Bearer admin' } }

  before(async () => {
    fake = await startApiServer()
    real = new RealApiServer('folder' in assets ? assets.folder : '')
    await real.start()
    const objects: ApiObject[] = [
      namespace('test'),
      ...['a', 'b', 'c'].map((name, at) => labeled(name, `10.96.9.${at + 1}`)),
    ]
    for (const object of [...objects, slice('test', 's', 'a', ['10.1.0.1'])]) {
      fake.apply(object)
      await real.apply(object)
    }
  })
  after(async () => {
    await fake.close()
    await real.stop()
  })

  for (const path of questions) {
    it(decodeURIComponent(path), async () => {
      const ours = summary((await getJson(fake.url + path)).body)
      assert.deepEqual(ours, summary((await real.request('GET', path)).body))
    })
  }

  it('gives every page of a list the same version', async () => {
    const ask = async (path: string): Promise<List> => (await real.request('GET', path)).body as List
    const first = await ask(`${SERVICES}?limit=1`)
    const second = await ask(`${SERVICES}?limit=1&continue=${first.metadata.continue}`)
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion)
    assert.equal(first.items![0]!.kind, undefined)
  })

  for (const path of watches) {
    it(decodeURIComponent(path), async () => {
      const [ours, theirs] = await Promise.all([
        watchEvents(fake.url + path),
        watchEvents(real.url + path, undefined, { ...authorization, ca: certificates.ca }),
      ])
      const shown = ({ type, object }: (typeof ours)[number]): string =>
        `${type} ${object.kind} ${object.metadata.name} ${JSON.stringify(object.metadata.annotations ?? {})}`
      assert.deepEqual(ours.map(shown), theirs.map(shown))
    })
  }
})

interface List {
  readonly kind: string
  readonly reason?: string
  readonly code?: number
  readonly metadata: {
    readonly continue?: string
    readonly remainingItemCount?: number
    readonly resourceVersion?: string
  }
  readonly items?: readonly ApiObject[]
}

function summary(body: unknown): unknown {
  const { kind, reason, code, metadata, items } = body as List
  const names = items?.map(item => `${item.kind} ${item.metadata.name}`)
  return { kind, reason, code, names, remaining: metadata?.remainingItemCount, pages: metadata?.continue !== undefined }
}

function labeled(name: string, address: string): ApiObject {
  const object = service('test', name, address)
  return {
    ...object,
    metadata: { ...object.metadata, managedFields: [], ...(name === 'a' ? { labels: { app: 'x' } } : {}) },
  }
}
