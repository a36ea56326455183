import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '#lib/clock.ts'
import { importedSlice, service, serviceImport, slice } from '#test/support/api-server/cluster.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import type { LiveOptions } from '#test/support/live-cluster.ts'
import { addStable, answerOf, bootLive, nameOf, SPACE, STABLE } from '#test/support/live-cluster.ts'
import type { TestServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'
import { soaOf } from '#wire/build.ts'

const STABLE_NAME = nameOf('stable-0')
const STABLE_ADDRESS = STABLE.get(STABLE_NAME)!
const OPTIONS = { zones: 'cluster.local clusterset.local in-addr.arpa', lines: 'multicluster clusterset.local' }

interface Live {
  readonly api: FakeApiServer
  readonly server: TestServer
  /** Waits for an answer about a name below the tests' namespace in the multicluster zone. */
  becomes(name: string, answer: string): Promise<void>
}

async function boot(
  t: TestContext,
  options: LiveOptions = {},
  prepare: (api: FakeApiServer) => void = () => {},
): Promise<Live> {
  const api = await startApiServer({ bookmarkMs: 100 })
  t.after(() => api.close())
  addStable(api)
  api.apply(serviceImport(SPACE, 'web', ['10.42.0.1']))
  api.apply(serviceImport(SPACE, 'db', []))
  api.apply(importedSlice(SPACE, 'db', 'east', ['10.43.0.1']))
  prepare(api)
  const lines = `${OPTIONS.lines}\n${options.lines ?? ''}`
  const server = await bootLive(t, api.url, { ...OPTIONS, ...options, lines })
  const becomes = (name: string, answer: string): Promise<void> =>
    until(async () => (await answerOf(server, importName(name))) === answer)
  return { api, server, becomes }
}

function importName(name: string): string {
  return `${name}.${SPACE}.svc.clusterset.local.`
}

describe('imported services of a live cluster', () => {
  it('are there when the server begins to answer, and follow every change', async t => {
    const { api, server, becomes } = await boot(t)
    assert.equal(await answerOf(server, importName('web')), '10.42.0.1')
    assert.equal(await answerOf(server, importName('db')), '10.43.0.1')
    assert.equal(await answerOf(server, importName('10-43-0-1.east.db')), '10.43.0.1')
    assert.equal(await answerOf(server, importName('10-43-0-1.db')), 'NXDOMAIN')
    assert.equal(await answerOf(server, nameOf('web')), 'NXDOMAIN')
    api.apply(importedSlice(SPACE, 'db', 'west', ['10.44.0.1']))
    await becomes('db', '10.43.0.1 10.44.0.1')
    await becomes('10-44-0-1.west.db', '10.44.0.1')
    api.delete('EndpointSlice', 'imported-db-east', SPACE)
    await becomes('db', '10.44.0.1')
    await becomes('10-43-0-1.east.db', 'NXDOMAIN')
    api.apply(serviceImport(SPACE, 'web', ['10.42.0.2']))
    await becomes('web', '10.42.0.2')
    api.delete('ServiceImport', 'web', SPACE)
    await becomes('web', 'NXDOMAIN')
    api.delete('Namespace', SPACE)
    await becomes('db', 'NXDOMAIN')
  })

  it('are seen by every serving thread, and watched once', async t => {
    const { api, server } = await boot(t, { directives: 'multisocket 3' })
    for (const address of ['10.42.1.1', '10.42.1.2']) {
      api.apply(serviceImport(SPACE, 'new', [address]))
      await until(async () => {
        const answers = await Promise.all(Array.from({ length: 12 }, () => answerOf(server, importName('new'))))
        return answers.every(answer => answer === address)
      })
    }
    assert.equal(api.watchCount('serviceimports'), 1)
    assert.equal(api.watchCount('endpointslices'), 2)
  })

  it('are known after a restart with a snapshot while the API server is down', async t => {
    const directory = mkdtempSync(join(tmpdir(), 'nodens-snapshot-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const lines = `snapshot ${join(directory, 'snapshot')}\nstartup_timeout 50ms`
    const { api, server, becomes } = await boot(t, { lines })
    await becomes('web', '10.42.0.1')
    await becomes('10-43-0-1.east.db', '10.43.0.1')
    await server.close()
    await api.refuse()
    const again = await bootLive(t, api.url, { ...OPTIONS, lines: `${OPTIONS.lines}\n${lines}` })
    await until(async () => (await answerOf(again, importName('web'))) === '10.42.0.1')
    assert.equal(await answerOf(again, importName('10-43-0-1.east.db')), '10.43.0.1')
    await api.accept()
    api.delete('ServiceImport', 'web', SPACE)
    await until(async () => (await answerOf(again, importName('web'))) === 'NXDOMAIN')
  })

  it('drop what the cache has stored about their names, and nothing else', async t => {
    const { api, server, becomes } = await boot(t, {
      lines: 'ttl 3600',
      directives: 'cache 3600\nprometheus 127.0.0.1:0',
    })
    const hits = (): number => {
      const samples = server.metrics().match(/^coredns_cache_hits_total\{.* \d+$/gm) ?? []
      return samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
    }
    await becomes('new', 'NXDOMAIN')
    assert.equal(await answerOf(server, nameOf('new')), 'NXDOMAIN')
    await becomes('web', '10.42.0.1')
    api.apply(serviceImport(SPACE, 'new', ['10.42.1.1']))
    await becomes('new', '10.42.1.1')
    api.apply(serviceImport(SPACE, 'new', ['10.42.1.2']))
    await becomes('new', '10.42.1.2')
    const before = hits()
    assert.equal(await answerOf(server, nameOf('new')), 'NXDOMAIN')
    await becomes('web', '10.42.0.1')
    assert.equal(hits(), before + 2)
  })

  it('have a serial of their own', async t => {
    let wallMs = Date.parse('2026-01-01T00:00:00Z')
    const clock: Clock = { nowMs: () => performance.now(), wallMs: () => wallMs }
    const { api, server, becomes } = await boot(t, { clock })
    const serial = async (zone: string): Promise<number> => soaOf((await server.ask(zone, 'SOA')).answer[0]!).serial
    const first = await serial('cluster.local.')
    assert.equal(await serial('clusterset.local.'), first)
    wallMs += 60_000
    api.apply(serviceImport(SPACE, 'new', ['10.42.1.1']))
    await becomes('new', '10.42.1.1')
    assert.deepEqual([await serial('cluster.local.'), await serial('clusterset.local.')], [first, first + 60])
    wallMs += 60_000
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    await until(async () => (await answerOf(server, nameOf('new'))) === '10.96.1.1')
    assert.deepEqual([await serial('cluster.local.'), await serial('clusterset.local.')], [first + 120, first + 60])
  })

  it('have metrics as all resources', async t => {
    const { server } = await boot(t)
    assert.match(server.metrics(), /nodens_kubernetes_watch_age_seconds\{resource="serviceimports"\} 0/)
    assert.match(server.metrics(), /nodens_kubernetes_watch_age_seconds\{resource="imported-endpointslices"\} 0/)
    assert.match(server.metrics(), /nodens_kubernetes_resource_version\{resource="serviceimports"\} \d+/)
  })
})

describe('what the API server is asked for with multicluster', () => {
  const pathsOf = (api: FakeApiServer, resource: string): string[] => {
    const requests = api.requests.filter(each => each.resource.startsWith(resource))
    return requests.map(({ path }) => decodeURIComponent(path))
  }

  it('are imports, by the labels of namespaces, and slices with the label of the MCS API', async t => {
    const { api } = await boot(t, { lines: 'labels app=web\nnamespace_labels team=a' })
    assert.match(pathsOf(api, 'serviceimports')[0]!, /v1alpha1\/serviceimports\?labelSelector=team=a&/)
    const slices = pathsOf(api, 'endpointslices').filter(path => path.includes('multicluster'))
    assert.match(slices[0]!, /labelSelector=app=web,multicluster\.kubernetes\.io\/service-name&/)
  })

  it('are slices of other clusters alone with noendpoints', async t => {
    const { api, server } = await boot(t, { lines: 'noendpoints' })
    assert.equal(await answerOf(server, importName('db')), '10.43.0.1')
    assert.equal(await answerOf(server, nameOf('stable-pods')), 'NXDOMAIN')
    assert.ok(pathsOf(api, 'endpointslices').every(path => path.includes('multicluster.kubernetes.io/service-name')))
  })

  it('are no imports without it', async t => {
    const api = await startApiServer()
    t.after(() => api.close())
    addStable(api)
    const server = await bootLive(t, api.url, { zones: OPTIONS.zones })
    assert.equal(await answerOf(server, STABLE_NAME), STABLE_ADDRESS)
    assert.deepEqual(
      api.requests.filter(({ path }) => /serviceimports|multicluster/.test(path)),
      [],
    )
  })

  it('leaves a slice to both zones that has the labels of both', async t => {
    const { api, server, becomes } = await boot(t)
    const both = importedSlice(SPACE, 'db', 'own', ['10.77.0.1'])
    const labels = { ...both.metadata.labels, 'kubernetes.io/service-name': 'stable-pods' }
    api.apply({ ...both, metadata: { ...both.metadata, labels } })
    await becomes('10-77-0-1.own.db', '10.77.0.1')
    api.apply(slice(SPACE, 'stable-pods-a', 'stable-pods', []))
    api.apply(slice(SPACE, 'stable-pods-b', 'stable-pods', []))
    await until(async () => (await answerOf(server, nameOf('stable-pods'))) === '10.77.0.1')
  })
})

describe('an API server without the CRD of ServiceImports', () => {
  const imports = (api: FakeApiServer): number =>
    api.requests.filter(({ path }) => path.includes('serviceimports')).length
  const told = (server: TestServer): string[] => server.lines.filter(line => line.includes('serviceimports'))

  it('has none: the start waits for nothing, and the log says once what is missing', async t => {
    const { api, server } = await boot(t, { lines: 'startup_timeout 1h' }, api => api.absent.add('serviceimports'))
    assert.equal(await answerOf(server, STABLE_NAME), STABLE_ADDRESS)
    assert.equal(await answerOf(server, nameOf('nope')), 'NXDOMAIN')
    assert.equal(await answerOf(server, importName('web')), 'NXDOMAIN')
    await until(() => imports(api) > 5)
    assert.deepEqual(told(server), [
      "[ERROR] plugin/kubernetes: cannot follow serviceimports: 404 Not Found: install the ServiceImport CRD of the MCS API (v1alpha1), or leave out 'multicluster'",
    ])
    // An answer all the same: nobody needs to be alerted, and snapshots are saved.
    const age = (): number =>
      Number(/watch_age_seconds\{resource="serviceimports"\} (\S+)/.exec(server.metrics())?.[1] ?? Number.NaN)
    await sleep(300)
    await until(() => age() < 0.2)
  })

  it('has them as soon as it is installed', async t => {
    const { api, server, becomes } = await boot(t, {}, api => api.absent.add('serviceimports'))
    api.absent.delete('serviceimports')
    await becomes('web', '10.42.0.1')
    assert.match(told(server).at(-1)!, /^\[INFO\] plugin\/kubernetes: following serviceimports again after /)
  })

  it('that had it before is answered for from what is known', async t => {
    const { api, server } = await boot(t)
    api.absent.add('serviceimports')
    const before = imports(api)
    api.expireWatches()
    await until(() => imports(api) > before + 5)
    assert.equal(await answerOf(server, importName('web')), '10.42.0.1')
    api.apply(serviceImport(SPACE, 'web', ['10.42.0.9']))
    api.absent.delete('serviceimports')
    await until(async () => (await answerOf(server, importName('web'))) === '10.42.0.9')
  })

  it('is not one that forbids them: then names are SERVFAIL that are not known', async t => {
    const forbid = (api: FakeApiServer): void => {
      for (const verb of ['list', 'watch']) api.access.deny(verb, 'serviceimports.multicluster.x-k8s.io')
    }
    const { api, server, becomes } = await boot(t, { lines: 'startup_timeout 50ms' }, forbid)
    assert.equal(await answerOf(server, importName('web')), 'SERVFAIL')
    assert.equal(await answerOf(server, STABLE_NAME), STABLE_ADDRESS)
    await until(() => told(server).length > 0)
    assert.match(told(server)[0]!, /cannot follow serviceimports: 403 serviceimports is forbidden/)
    api.access.allowAll()
    await becomes('web', '10.42.0.1')
  })
})
