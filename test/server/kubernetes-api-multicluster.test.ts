import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Clock } from '#lib/clock.ts'
import { importedSlice, service, serviceImport, slice } from '#test/support/api-server/cluster.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import { addStable, answerOf, bootLive, nameOf, SPACE, STABLE } from '#test/support/live-cluster.ts'
import { bootMulticluster, importName, MULTICLUSTER } from '#test/support/multicluster.ts'
import { until } from '#test/support/until.ts'
import { soaOf } from '#wire/build.ts'

const STABLE_NAME = nameOf('stable-0')
const STABLE_ADDRESS = STABLE.get(STABLE_NAME)!

describe('imported services of a live cluster', () => {
  it('are there when the server begins to answer, and follow every change', async t => {
    const { api, server, becomes } = await bootMulticluster(t)
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
    const { api, server } = await bootMulticluster(t, { directives: 'multisocket 3' })
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
    const { api, server, becomes } = await bootMulticluster(t, { lines })
    await becomes('web', '10.42.0.1')
    await becomes('10-43-0-1.east.db', '10.43.0.1')
    await server.close()
    await api.refuse()
    const again = await bootLive(t, api.url, { ...MULTICLUSTER, lines: `${MULTICLUSTER.lines}\n${lines}` })
    await until(async () => (await answerOf(again, importName('web'))) === '10.42.0.1')
    assert.equal(await answerOf(again, importName('10-43-0-1.east.db')), '10.43.0.1')
    await api.accept()
    api.delete('ServiceImport', 'web', SPACE)
    await until(async () => (await answerOf(again, importName('web'))) === 'NXDOMAIN')
  })

  it('drop what the cache has stored about their names, and nothing else', async t => {
    const { api, server, becomes } = await bootMulticluster(t, {
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
    const { api, server, becomes } = await bootMulticluster(t, { clock })
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
    const { server } = await bootMulticluster(t)
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
    const { api } = await bootMulticluster(t, { lines: 'labels app=web\nnamespace_labels team=a' })
    assert.match(pathsOf(api, 'serviceimports')[0]!, /v1alpha1\/serviceimports\?labelSelector=team=a&/)
    const slices = pathsOf(api, 'endpointslices').filter(path => path.includes('multicluster'))
    assert.match(slices[0]!, /labelSelector=app=web,multicluster\.kubernetes\.io\/service-name&/)
  })

  it('are slices of other clusters alone with noendpoints', async t => {
    const { api, server } = await bootMulticluster(t, { lines: 'noendpoints' })
    assert.equal(await answerOf(server, importName('db')), '10.43.0.1')
    assert.equal(await answerOf(server, nameOf('stable-pods')), 'NXDOMAIN')
    assert.ok(pathsOf(api, 'endpointslices').every(path => path.includes('multicluster.kubernetes.io/service-name')))
  })

  it('are no imports without it', async t => {
    const api = await startApiServer()
    t.after(() => api.close())
    addStable(api)
    const server = await bootLive(t, api.url, { zones: MULTICLUSTER.zones })
    assert.equal(await answerOf(server, STABLE_NAME), STABLE_ADDRESS)
    assert.deepEqual(
      api.requests.filter(({ path }) => /serviceimports|multicluster/.test(path)),
      [],
    )
  })

  it('leaves a slice to both zones that has the labels of both', async t => {
    const { api, server, becomes } = await bootMulticluster(t)
    const both = importedSlice(SPACE, 'db', 'own', ['10.77.0.1'])
    const labels = { ...both.metadata.labels, 'kubernetes.io/service-name': 'stable-pods' }
    api.apply({ ...both, metadata: { ...both.metadata, labels } })
    await becomes('10-77-0-1.own.db', '10.77.0.1')
    api.apply(slice(SPACE, 'stable-pods-a', 'stable-pods', []))
    api.apply(slice(SPACE, 'stable-pods-b', 'stable-pods', []))
    await until(async () => (await answerOf(server, nameOf('stable-pods'))) === '10.77.0.1')
  })
})
