import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClientOptions } from '#test/support/api-server/api-client.ts'
import { openRequest, watchEvents } from '#test/support/api-server/api-client.ts'
import { certificates } from '#test/support/api-server/certificates.ts'
import { serviceImport } from '#test/support/api-server/cluster.ts'
import type { ApiObject } from '#test/support/api-server/object.ts'
import { kubernetesAssets, RealApiServer } from '#test/support/api-server/real.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import { IMPORTS_PATH, ServiceImportDefinition } from '#test/support/api-server/service-import-definition.ts'

/** An API server whose definition of ServiceImports comes and goes. */
interface Subject {
  readonly url: string
  readonly client: ApiClientOptions
  apply(object: ApiObject): unknown
  install(): unknown
  withdraw(): unknown
  uninstall(): unknown
  stop(): unknown
}

const assets = kubernetesAssets()

async function fake(): Promise<Subject> {
  const api = await startApiServer()
  const resource = 'serviceimports'
  api.withdraw(resource)
  return {
    url: api.url,
    client: {},
    apply: object => api.apply(object),
    install: () => api.install(resource),
    withdraw: () => api.withdraw(resource),
    uninstall: () => api.uninstall(resource),
    stop: () => api.close(),
  }
}

async function real(): Promise<Subject> {
  const api = new RealApiServer('folder' in assets ? assets.folder : '')
  const definition = new ServiceImportDefinition(api)
  const stop = (): Promise<void> => api.stop()
  await api.start().catch(async error => {
    await stop()
    throw error
  })
  const headers = { authorization: 'Bearer admin' }
  return {
    url: api.url,
    client: { headers, ca: certificates.ca },
    apply: object => api.apply(object),
    install: () => definition.install(),
    withdraw: () => definition.withdraw(),
    uninstall: () => definition.uninstall(),
    stop,
  }
}

const subjects: [name: string, start: () => Promise<Subject>, skip: string | false][] = [
  ['the fake API server', fake, false],
  ['the real API server', real, 'reason' in assets ? assets.reason : false],
]
for (const [name, start, skip] of subjects) {
  describe(`the definition of a custom resource in ${name}`, { skip }, () => {
    let api: Subject
    /** Where a watch was when it ended. */
    let version = ''

    before(async () => {
      api = await start()
    })
    after(() => api?.stop())

    const page = async (query: string): Promise<unknown[]> => {
      const response = await openRequest(`${api.url}${IMPORTS_PATH}${query}`, api.client)
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
      return [response.statusCode, response.headers['content-type'], text]
    }
    /** What a watch is told from its start to its end, bookmarks left out; `act` is done while it is under way. */
    const watch = async (query: string, act: () => unknown = () => {}): Promise<string[]> => {
      const watching = watchEvents(`${api.url}${IMPORTS_PATH}?watch=true${query}`, undefined, api.client)
      await Promise.all([watching, sleep(200).then(act)])
      const events = await watching
      version = events.at(-1)?.object.metadata.resourceVersion ?? version
      const shown = events.filter(({ type }) => type !== 'BOOKMARK')
      return shown.map(({ type, object }) => `${type} ${object.metadata.name ?? object['reason']}`)
    }
    const INITIAL = '&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    const absent = async (): Promise<void> => {
      const nothing = [404, 'text/plain; charset=utf-8', '404 page not found\n']
      for (const query of ['', '?watch=true', `?watch=true&resourceVersion=${version || 1}`]) {
        assert.deepEqual(await page(query), nothing)
      }
    }

    it('is needed: lists and watches are pages that are not there', () => absent())

    it('that is withdrawn ends watches without a word, and objects stay', async () => {
      await api.install()
      await api.apply(serviceImport('default', 'a', ['10.42.0.1']))
      assert.deepEqual(await watch(`${INITIAL}&timeoutSeconds=30`, () => api.withdraw()), ['ADDED a'])
      await absent()
    })

    it('that comes again leaves no way to watch on from before', async () => {
      await api.install()
      assert.deepEqual(await watch(`&resourceVersion=${version}&timeoutSeconds=1`), ['ERROR Expired'])
      assert.deepEqual(await watch(`${INITIAL}&timeoutSeconds=1`), ['ADDED a'])
    })

    it('that is removed deletes all objects before it ends watches', async () => {
      const told = await watch(`${INITIAL}&timeoutSeconds=30`, () => api.uninstall())
      assert.deepEqual(told, ['ADDED a', 'DELETED a'])
      await absent()
    })

    it('that is installed after that has none', async () => {
      await api.install()
      assert.deepEqual(await watch(`&resourceVersion=${version}&timeoutSeconds=1`), ['ERROR Expired'])
      assert.deepEqual(await watch(`${INITIAL}&timeoutSeconds=1`), [])
    })
  })
}
