import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DB, follow, NAMESPACE, SOA, serve, service, show, slice, WEB, web } from '#test/support/followed-cluster.ts'
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
})
