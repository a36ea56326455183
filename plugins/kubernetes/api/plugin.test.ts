import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ApiObject } from '#test/support/api-server/object.ts'
import { DB, follow, NAMESPACE, SOA, serve, service, show, slice, WEB, web } from '#test/support/followed-cluster.ts'
import type { PluginUnderTest } from '#test/support/plugin.ts'
import { until } from '#test/support/until.ts'

describe('a cluster behind an API server', () => {
  it('is known when the server starts', async t => {
    const server = await serve(t, [
      NAMESPACE,
      web,
      service('db', { clusterIP: 'None' }),
      slice('db-1', 'db', ['10.1.0.1', '10.1.0.2']),
    ])
    const plugin = await follow(t, server)
    assert.deepEqual(await show(plugin, WEB), ['NOERROR aa', `answer ${WEB} 5 IN A 10.0.0.1`])
    assert.deepEqual(await show(plugin, DB), [
      'NOERROR aa',
      `answer ${DB} 5 IN A 10.1.0.1`,
      `answer ${DB} 5 IN A 10.1.0.2`,
    ])
    assert.deepEqual(await show(plugin, 'nope.shop.svc.cluster.local.'), ['NXDOMAIN aa', SOA])
    assert.deepEqual([...server.used].sort(), [
      'watch endpointslices.discovery.k8s.io',
      'watch namespaces',
      'watch services',
    ])
    assert.deepEqual(plugin.log, [])
  })

  it('is followed', async t => {
    const server = await serve(t, [NAMESPACE])
    const plugin = await follow(t, server)
    assert.deepEqual(await show(plugin, WEB), ['NXDOMAIN aa', SOA])
    server.apply(web)
    await until(async () => (await show(plugin, WEB))[0] === 'NOERROR aa')
    server.delete('Service', 'web', 'shop')
    await until(async () => (await show(plugin, WEB))[0] === 'NXDOMAIN aa')
  })

  it('is listed page by page where lists cannot be streamed', async t => {
    const services = Array.from({ length: 1234 }, (_, i) =>
      service(`s${i}`, { clusterIP: `10.0.${i >> 8}.${i & 255}` }),
    )
    const server = await serve(t, [NAMESPACE, ...services])
    server.faults.refuseWatchList = true
    const plugin = await follow(t, server)
    const name = 's1233.shop.svc.cluster.local.'
    assert.deepEqual(await show(plugin, name), ['NOERROR aa', `answer ${name} 5 IN A 10.0.4.209`])
    const lists = server.requests.filter(({ verb, resource }) => verb === 'list' && resource === 'services')
    assert.equal(lists.length, 3)
    await until(() => server.watchCount() === 3)
    server.delete('Service', 's1233', 'shop')
    await until(async () => (await show(plugin, name))[0] === 'NXDOMAIN aa')
  })

  it('is answered as it is now, however long answers are kept', async t => {
    const server = await serve(t, [NAMESPACE])
    const plugin = await follow(t, server, { withCache: true })
    assert.deepEqual(await show(plugin, WEB), ['NXDOMAIN aa', SOA])
    assert.deepEqual((await show(plugin, WEB))[0], 'NXDOMAIN aa')
    assert.match(plugin.metrics.expose(), /coredns_cache_hits_total\{.*type="denial".*\} 1\n/)
    server.apply(web)
    await until(async () => (await show(plugin, WEB))[0] === 'NOERROR aa')
    assert.deepEqual(await show(plugin, WEB), ['NOERROR aa', `answer ${WEB} 5 IN A 10.0.0.1`])
    server.delete('Service', 'web', 'shop')
    await until(async () => (await show(plugin, WEB))[0] === 'NXDOMAIN aa')
  })

  it('has its topology zones with the option zonal, and a zone that changes moves the serial', async t => {
    const inZones = (zones: readonly string[]): ApiObject => {
      const made = slice('db-1', 'db', ['10.1.0.1', '10.1.0.2'])
      const endpoints = made['endpoints'] as object[]
      return { ...made, endpoints: endpoints.map((each, i) => ({ ...each, zone: zones[i] })) }
    }
    const server = await serve(t, [NAMESPACE, service('db', { clusterIP: 'None' }), inZones(['Z1', 'z2'])])
    const plugin = await follow(t, server, { withCache: true, lines: 'zonal' })
    const unzoned = await follow(t, server)
    const z1 = 'z1.pin._zone.db.shop.svc.cluster.local.'
    const z3 = 'z3.prefer._zone.db.shop.svc.cluster.local.'
    const serialOf = async (under: PluginUnderTest): Promise<number> => {
      return Number((await show(under, 'cluster.local.', 'SOA'))[1]!.split(' ')[7])
    }
    const both = ['10.1.0.1', '10.1.0.2'].map(address => `answer ${z3} 5 IN A ${address}`)
    assert.deepEqual(await show(plugin, z1), ['NOERROR aa', `answer ${z1} 5 IN A 10.1.0.1`])
    assert.deepEqual(await show(plugin, z3), ['NOERROR aa', ...both])
    assert.deepEqual(await show(unzoned, z1), ['NXDOMAIN aa', SOA])
    const before = await serialOf(plugin)
    plugin.clock.advance(60_000)
    unzoned.clock.advance(60_000)
    server.apply(inZones(['z3', 'z2']))
    await until(async () => (await show(plugin, z1))[1]!.startsWith('authority'))
    assert.deepEqual(await show(plugin, z3), ['NOERROR aa', both[0]])
    assert.equal(await serialOf(plugin), before + 60)
    const seen = `nodens_kubernetes_resource_version{resource="endpointslices"} ${server.store.resourceVersion}\n`
    await until(() => unzoned.metrics.expose().includes(seen))
    assert.equal(await serialOf(unzoned), before)
  })

  it('is measured: requests, what is known, and how long changes of endpoints take', async t => {
    const server = await serve(t, [NAMESPACE, web, service('db', { clusterIP: 'None' })])
    const plugin = await follow(t, server)
    const atMs = plugin.clock.wallMs() - 1500
    for (const name of ['web', 'db']) {
      const made = slice(`${name}-1`, name, ['10.1.0.1'])
      const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': new Date(atMs).toISOString() }
      server.apply({ ...made, metadata: { ...made.metadata, annotations } })
    }
    await until(async () => (await show(plugin, DB))[0] === 'NOERROR aa')
    const page = plugin.metrics.expose()
    const { host } = new URL(server.url)
    const duration = 'coredns_kubernetes_dns_programming_duration_seconds'
    for (const line of [
      `${duration}_sum{service_kind="cluster_ip"} 1.5`,
      `${duration}_count{service_kind="headless_with_selector"} 1`,
      `coredns_kubernetes_rest_client_requests_total{code="200",method="GET",host="${host}"} 3`,
      `coredns_kubernetes_rest_client_request_duration_seconds_count{verb="GET",host="${host}"} 3`,
      `coredns_kubernetes_rest_client_rate_limiter_duration_seconds_count{verb="GET",host="${host}"} 3`,
      'nodens_kubernetes_watch_age_seconds{resource="services"} 0',
      `nodens_kubernetes_resource_version{resource="endpointslices"} ${server.store.resourceVersion}`,
    ]) {
      assert.ok(page.includes(`${line}\n`), `${line}\n${page.replaceAll(/^(?!.*kubernetes).*\n/gm, '')}`)
    }
    await plugin.instance.hooks.run('shutdown')
    assert.doesNotMatch(plugin.metrics.expose(), /watch_age_seconds\{/)
  })

  it('is waited for at the start, but not for ever', async t => {
    const server = await serve(t, [NAMESPACE, web])
    await server.refuse()
    const plugin = await follow(t, server, { lines: 'startup_timeout 600ms' })
    assert.deepEqual(
      plugin.log.filter(line => !line.includes('cannot follow')),
      [
        '[INFO] plugin/kubernetes: waiting for Kubernetes API before starting server',
        '[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API',
      ],
    )
    assert.equal((await show(plugin, WEB))[0], 'SERVFAIL aa')
    await server.accept()
    await until(async () => (await show(plugin, WEB))[0] === 'NOERROR aa')
    // One line for each resource, however often it was tried.
    assert.equal(plugin.log.filter(line => line.startsWith('[ERROR]')).length, 3, plugin.log.join('\n'))
  })
})
