import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { captureLines } from '#lib/output.ts'
import { cache } from '#plugins/cache/index.ts'
import { kubernetes } from '#plugins/kubernetes/index.ts'
import type { ApiObject } from '#test/support/api-server/object.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import type { PluginUnderTest } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery, showReply } from '#test/support/plugin.ts'
import { until } from '#test/support/until.ts'

const NAMESPACE: ApiObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
const SOA =
  'authority cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 1767225600 7200 1800 86400 5'

function service(name: string, spec: object): ApiObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop' }, spec }
}

function slice(name: string, service: string, addresses: readonly string[]): ApiObject {
  const labels = { 'kubernetes.io/service-name': service }
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'shop', labels },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    endpoints: addresses.map(address => ({ addresses: [address], conditions: { ready: true } })),
  }
}

async function start(
  t: TestContext,
  server: FakeApiServer,
  { lines = '', withCache = false }: { lines?: string; withCache?: boolean } = {},
): Promise<PluginUnderTest & { log: string[] }> {
  const log: string[] = []
  t.after(captureLines(line => log.push(line)))
  const text = `${withCache ? 'cache 3600' : ''}\nkubernetes cluster.local {\nendpoint ${server.url}\n${lines}\n}`
  const plugin = buildPlugin(kubernetes, text, { plugins: withCache ? [cache, kubernetes] : [kubernetes] })
  t.after(() => plugin.instance.hooks.run('shutdown'))
  await plugin.instance.hooks.run('startup')
  return { ...plugin, log }
}

async function serve(t: TestContext, objects: readonly ApiObject[]): Promise<FakeApiServer> {
  const server = await startApiServer()
  t.after(() => server.close())
  for (const object of objects) server.apply(object)
  return server
}

async function show({ handler }: PluginUnderTest, name: string, type = 'A'): Promise<string[]> {
  return showReply(await handler(makeQuery(name, type))).split('\n')
}

const web = service('web', { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ports: [{ name: 'http', port: 80 }] })
const WEB = 'web.shop.svc.cluster.local.'
const DB = 'db.shop.svc.cluster.local.'

describe('a cluster behind an API server', () => {
  it('is known when the server starts', async t => {
    const server = await serve(t, [
      NAMESPACE,
      web,
      service('db', { clusterIP: 'None' }),
      slice('db-1', 'db', ['10.1.0.1', '10.1.0.2']),
    ])
    const plugin = await start(t, server)
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
    const plugin = await start(t, server)
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
    const plugin = await start(t, server)
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
    const plugin = await start(t, server, { withCache: true })
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
