import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { certificates } from '#test/support/api-server/certificates.ts'
import { namespace, service, slice } from '#test/support/api-server/cluster.ts'
import type { ApiObject } from '#test/support/api-server/object.ts'
import { kubernetesAssets, RealApiServer } from '#test/support/api-server/real.ts'
import { deployedObjects, objectOfKind } from '#test/support/deployment.ts'
import { answerOf, bootLive, nameOf, SPACE, StablePoller, stableObjects } from '#test/support/live-cluster.ts'
import type { TestServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'

const assets = kubernetesAssets()

// With the role of deploy/kubernetes and nothing else: its binding is for the group of the client certificate here.
describe('a real cluster', { skip: 'reason' in assets ? assets.reason : false }, () => {
  const cleanups: (() => unknown)[] = []
  let api: RealApiServer
  let server: TestServer

  before(async () => {
    api = new RealApiServer('folder' in assets ? assets.folder : '')
    cleanups.push(() => api.stop())
    await api.start()
    const objects = deployedObjects('deploy/kubernetes/base')
    await api.apply(objectOfKind(objects, 'ClusterRole'))
    const subjects = [{ kind: 'Group', name: 'nodens', apiGroup: 'rbac.authorization.k8s.io' }]
    await api.apply({ ...objectOfKind(objects, 'ClusterRoleBinding'), subjects })
    for (const object of stableObjects()) await api.apply(real(object))
    server = await boot()
  })
  after(async () => {
    for (const cleanUp of cleanups.reverse()) await cleanUp()
  })

  const boot = (lines = ''): Promise<TestServer> => {
    const { client, ca } = certificates
    const files = { 'client.crt': client.cert, 'client.key': client.key, 'ca.crt': ca }
    const access = `endpoint ${api.url}\ntls client.crt client.key ca.crt`
    return bootLive({ after: close => void cleanups.push(close as () => unknown) }, '', { access, files, lines })
  }
  const becomes = (name: string, answer: string, type = 'A'): Promise<void> =>
    until(async () => (await answerOf(server, name, type)) === answer)

  it('is known when the server starts', async () => {
    assert.equal(await answerOf(server, nameOf('stable-0')), '10.96.77.0')
    assert.equal(await answerOf(server, nameOf('stable-pods')), '10.77.0.1 10.77.0.2 10.77.0.3')
    assert.match(await answerOf(server, nameOf('kubernetes', 'default')), /^10\.96\./)
    assert.equal(await answerOf(server, nameOf('nope')), 'NXDOMAIN')
    assert.deepEqual(
      server.lines.filter(line => line.includes('ERROR')),
      [],
    )
  })

  it('shows services as they come, change and go', async () => {
    await api.apply(real(service(SPACE, 'new', '10.96.1.1')))
    await becomes(nameOf('new'), '10.96.1.1')
    const srv = await server.ask(`_http._tcp.${nameOf('new')}`, 'SRV')
    assert.equal(srv.answer.length, 1)
    const ports = [{ name: 'dns', protocol: 'UDP', port: 53 }]
    await api.apply(real(service(SPACE, 'new', '10.96.1.1', { ports })))
    await until(async () => (await server.ask(`_dns._udp.${nameOf('new')}`, 'SRV')).answer.length === 1)
    assert.equal((await server.ask('1.1.96.10.in-addr.arpa.', 'PTR')).answer.length, 1)
    await api.delete('Service', 'new', SPACE)
    await becomes(nameOf('new'), 'NXDOMAIN')
  })

  it('shows endpoints as they come, change and go', async () => {
    await api.apply(real(service(SPACE, 'pods', 'None')))
    await api.apply(real(slice(SPACE, 'pods-a', 'pods', ['10.79.0.1', '10.79.0.2'])))
    await becomes(nameOf('pods'), '10.79.0.1 10.79.0.2')
    const endpoints = [
      { addresses: ['10.79.0.1'], conditions: { ready: false, serving: true, terminating: true } },
      { addresses: ['10.79.0.3'], conditions: {}, hostname: 'three' },
    ]
    await api.apply(real(slice(SPACE, 'pods-a', 'pods', [], { endpoints })))
    await becomes(nameOf('pods'), '10.79.0.3')
    await becomes(`three.${nameOf('pods')}`, '10.79.0.3')
    const six = { addressType: 'IPv6', endpoints: [{ addresses: ['2001:db8::1'], conditions: { ready: true } }] }
    await api.apply(real(slice(SPACE, 'pods-b', 'pods', [], six)))
    await becomes(nameOf('pods'), '2001:db8::1', 'AAAA')
    await api.delete('EndpointSlice', 'pods-a', SPACE)
    await becomes(nameOf('pods'), 'NODATA')
  })

  it('shows external names', async () => {
    const spec = { type: 'ExternalName', externalName: 'stable-1.test.svc.cluster.local', ports: [] }
    const { apiVersion, kind, metadata } = service(SPACE, 'external', '')
    await api.apply({ apiVersion, kind, metadata: { ...metadata, managedFields: [] }, spec })
    await becomes(nameOf('external'), '10.96.77.1')
  })

  it('hides the services of a namespace that is gone', async () => {
    await api.apply(namespace('brief'))
    await api.apply(real(service('brief', 'a', '10.96.1.9')))
    await becomes(nameOf('a', 'brief'), '10.96.1.9')
    await api.delete('Namespace', 'brief')
    await becomes(nameOf('a', 'brief'), 'NXDOMAIN')
  })

  it('is followed with selectors, as the API server reads them', async () => {
    const labeled = real(service(SPACE, 'labeled', '10.96.1.5'))
    await api.apply({ ...labeled, metadata: { ...labeled.metadata, labels: { team: 'a' } } })
    const selective = await boot('labels team in (a, b)')
    assert.equal(await answerOf(selective, nameOf('labeled')), '10.96.1.5')
    assert.equal(await answerOf(selective, nameOf('stable-0')), 'NXDOMAIN')
  })

  it('is answered while the API server is away, and what changed is found once it is back', async () => {
    const poller = new StablePoller(server)
    await api.apply(real(service(SPACE, 'old', '10.96.1.7')))
    await becomes(nameOf('old'), '10.96.1.7')
    await api.stopApiServer()
    assert.equal(await answerOf(server, nameOf('old')), '10.96.1.7')
    await api.startApiServer()
    await api.delete('Service', 'old', SPACE)
    await becomes(nameOf('old'), 'NXDOMAIN')
    await api.apply(real(service(SPACE, 'newer', '10.96.1.8')))
    await becomes(nameOf('newer'), '10.96.1.8')
    await poller.stop()
    assert.deepEqual(poller.wrong, [])
  })

  it('follows a churn of slices to its end', async () => {
    await api.apply(real(service(SPACE, 'churn', 'None')))
    for (let i = 0; i < 100; i++)
      await api.apply(real(slice(SPACE, `churn-${i % 5}`, 'churn', [`10.80.${i % 5}.${i}`])))
    await becomes(nameOf('churn'), [95, 96, 97, 98, 99].map(i => `10.80.${i % 5}.${i}`).join(' '))
  })
})

/** The object without what only a server may write. */
function real(object: ApiObject): ApiObject {
  const { managedFields: _managed, ...metadata } = object.metadata
  return { ...object, metadata }
}
