import type { TestContext } from 'node:test'
import { captureLines } from '#lib/output.ts'
import { cache } from '#plugins/cache/index.ts'
import type { ReflectorTimes } from '#plugins/kubernetes/api/reflector.ts'
import { kubernetesWith } from '#plugins/kubernetes/index.ts'
import type { ApiObject } from '#test/support/api-server/object.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import type { PluginUnderTest } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery, showReply } from '#test/support/plugin.ts'

/** Spans of time between the plugin and the API server, short enough for tests. */
export const SHORT_TIMES: ReflectorTimes = {
  backoff: { firstMs: 5, longestMs: 40 },
  silenceMs: 200,
  initialSilenceMs: 200,
}

/** The namespace that the others lie in. */
export const NAMESPACE: ApiObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
/** The line of the zone's SOA record. */
export const SOA: string =
  'authority cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 1767225600 7200 1800 86400 5'

/** A Service. */
export function service(name: string, spec: object): ApiObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop' }, spec }
}

/** An EndpointSlice of a service. */
export function slice(name: string, service: string, addresses: readonly string[]): ApiObject {
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

/** The plugin that follows a server, started; ended after the test. */
export async function follow(
  t: TestContext,
  server: FakeApiServer,
  { lines = '', withCache = false }: { lines?: string; withCache?: boolean } = {},
): Promise<PluginUnderTest & { log: string[] }> {
  const log: string[] = []
  const kubernetes = kubernetesWith({ times: SHORT_TIMES })
  t.after(captureLines(line => log.push(line)))
  const text = `${withCache ? 'cache 3600' : ''}\nkubernetes cluster.local {\nendpoint ${server.url}\napiserver_burst 100000\n${lines}\n}`
  const plugin = buildPlugin(kubernetes, text, { plugins: withCache ? [cache, kubernetes] : [kubernetes] })
  t.after(() => plugin.instance.hooks.run('shutdown'))
  await plugin.instance.hooks.run('startup')
  return { ...plugin, log }
}

/** An API server with objects; closed after the test. */
export async function serve(t: TestContext, objects: readonly ApiObject[]): Promise<FakeApiServer> {
  const server = await startApiServer()
  t.after(() => server.close())
  for (const object of objects) server.apply(object)
  return server
}

/** The lines of an answer. */
export async function show({ handler }: PluginUnderTest, name: string, type = 'A'): Promise<string[]> {
  return showReply(await handler(makeQuery(name, type))).split('\n')
}

/** A Service with an address. */
export const web: ApiObject = service('web', {
  clusterIP: '10.0.0.1',
  clusterIPs: ['10.0.0.1'],
  ports: [{ name: 'http', port: 80 }],
})
/** Its name. */
export const WEB: string = 'web.shop.svc.cluster.local.'
/** The name of a service that tests make. */
export const DB: string = 'db.shop.svc.cluster.local.'
