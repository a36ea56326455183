import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { namespace, service, slice } from '#test/support/api-server/cluster.ts'
import type { RealApiServer } from '#test/support/api-server/real.ts'
import { answerOf, nameOf, SPACE, StablePoller } from '#test/support/live-cluster.ts'
import { noRealCluster, RealCluster } from '#test/support/real-cluster.ts'
import type { TestServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'

describe('a real cluster', { skip: noRealCluster }, () => {
  let cluster: RealCluster
  let api: RealApiServer
  let server: TestServer

  before(async () => {
    cluster = new RealCluster()
    api = cluster.api
    await cluster.start()
    server = await cluster.boot()
  })
  after(() => cluster.stop())

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
    await cluster.apply(service(SPACE, 'new', '10.96.1.1'))
    await becomes(nameOf('new'), '10.96.1.1')
    const srv = await server.ask(`_http._tcp.${nameOf('new')}`, 'SRV')
    assert.equal(srv.answer.length, 1)
    const ports = [{ name: 'dns', protocol: 'UDP', port: 53 }]
    await cluster.apply(service(SPACE, 'new', '10.96.1.1', { ports }))
    await until(async () => (await server.ask(`_dns._udp.${nameOf('new')}`, 'SRV')).answer.length === 1)
    assert.equal((await server.ask('1.1.96.10.in-addr.arpa.', 'PTR')).answer.length, 1)
    await api.delete('Service', 'new', SPACE)
    await becomes(nameOf('new'), 'NXDOMAIN')
  })

  it('shows endpoints as they come, change and go', async () => {
    await cluster.apply(service(SPACE, 'pods', 'None'))
    await cluster.apply(slice(SPACE, 'pods-a', 'pods', ['10.79.0.1', '10.79.0.2']))
    await becomes(nameOf('pods'), '10.79.0.1 10.79.0.2')
    const endpoints = [
      { addresses: ['10.79.0.1'], conditions: { ready: false, serving: true, terminating: true } },
      { addresses: ['10.79.0.3'], conditions: {}, hostname: 'three' },
    ]
    await cluster.apply(slice(SPACE, 'pods-a', 'pods', [], { endpoints }))
    await becomes(nameOf('pods'), '10.79.0.3')
    await becomes(`three.${nameOf('pods')}`, '10.79.0.3')
    const six = { addressType: 'IPv6', endpoints: [{ addresses: ['2001:db8::1'], conditions: { ready: true } }] }
    await cluster.apply(slice(SPACE, 'pods-b', 'pods', [], six))
    await becomes(nameOf('pods'), '2001:db8::1', 'AAAA')
    await api.delete('EndpointSlice', 'pods-a', SPACE)
    await becomes(nameOf('pods'), 'NODATA')
  })

  it('shows external names', async () => {
    const spec = { type: 'ExternalName', externalName: 'stable-1.test.svc.cluster.local', ports: [] }
    await cluster.apply({ ...service(SPACE, 'external', ''), spec })
    await becomes(nameOf('external'), '10.96.77.1')
  })

  it('hides the services of a namespace that is gone', async () => {
    await cluster.apply(namespace('brief'))
    await cluster.apply(service('brief', 'a', '10.96.1.9'))
    await becomes(nameOf('a', 'brief'), '10.96.1.9')
    await api.delete('Namespace', 'brief')
    await becomes(nameOf('a', 'brief'), 'NXDOMAIN')
  })

  it('is followed with selectors, as the API server reads them', async () => {
    const labeled = service(SPACE, 'labeled', '10.96.1.5')
    await cluster.apply({ ...labeled, metadata: { ...labeled.metadata, labels: { team: 'a' } } })
    const selective = await cluster.boot({ lines: 'labels team in (a, b)' })
    assert.equal(await answerOf(selective, nameOf('labeled')), '10.96.1.5')
    assert.equal(await answerOf(selective, nameOf('stable-0')), 'NXDOMAIN')
  })

  it('is answered by topology zone, as endpoints move from one to another', async () => {
    const zonal = await cluster.boot({ lines: 'zonal', directives: 'cache 3600' })
    const inZones = (first: string, second: string): Promise<void> => {
      const endpoints = [
        { addresses: ['10.81.0.1'], conditions: { ready: true }, zone: first, nodeName: 'node-1' },
        { addresses: ['10.81.0.2'], conditions: { ready: true }, zone: second, nodeName: 'node-2' },
      ]
      return cluster.apply(slice(SPACE, 'zoned-a', 'zoned', [], { endpoints }))
    }
    const eventually = (name: string, answer: string): Promise<void> =>
      until(async () => (await answerOf(zonal, name)) === answer)
    const of = (labels: string, name = 'zoned'): string => `${labels}._zone.${nameOf(name)}`
    await cluster.apply(service(SPACE, 'zoned', 'None'))
    await inZones('Eu-1a', 'rack.row')
    await eventually(of('eu-1a.pin'), '10.81.0.1')
    await eventually(of('rack.row.pin'), '10.81.0.2')
    assert.equal(await answerOf(zonal, of('eu-1c.pin')), 'NODATA')
    assert.equal(await answerOf(zonal, of('eu-1c.prefer')), '10.81.0.1 10.81.0.2')
    assert.equal((await zonal.ask(of('eu-1a.prefer'), 'SRV')).answer.length, 1)
    assert.equal(await answerOf(zonal, of('eu-1a.pin', 'stable-0')), 'NXDOMAIN')
    assert.equal(await answerOf(server, of('eu-1a.pin')), 'NXDOMAIN', 'without the option')
    await inZones('Eu-1a', 'eu-1c')
    await eventually(of('eu-1c.pin'), '10.81.0.2')
    await eventually(of('eu-1c.prefer'), '10.81.0.2')
    await eventually(of('rack.row.pin'), 'NODATA')
    await eventually(of('rack.row.prefer'), '10.81.0.1 10.81.0.2')
    await api.delete('EndpointSlice', 'zoned-a', SPACE)
    await eventually(of('eu-1c.prefer'), 'NODATA')
    await api.delete('Service', 'zoned', SPACE)
    await eventually(of('eu-1c.prefer'), 'NXDOMAIN')
  })

  it('is answered while the API server is away, and what changed is found once it is back', async () => {
    const poller = new StablePoller(server)
    await cluster.apply(service(SPACE, 'old', '10.96.1.7'))
    await becomes(nameOf('old'), '10.96.1.7')
    await api.stopApiServer()
    assert.equal(await answerOf(server, nameOf('old')), '10.96.1.7')
    await api.startApiServer()
    await api.delete('Service', 'old', SPACE)
    await becomes(nameOf('old'), 'NXDOMAIN')
    await cluster.apply(service(SPACE, 'newer', '10.96.1.8'))
    await becomes(nameOf('newer'), '10.96.1.8')
    await poller.stop()
    assert.deepEqual(poller.wrong, [])
  })

  it('follows a churn of slices to its end', async () => {
    await cluster.apply(service(SPACE, 'churn', 'None'))
    for (let i = 0; i < 100; i++) await cluster.apply(slice(SPACE, `churn-${i % 5}`, 'churn', [`10.80.${i % 5}.${i}`]))
    await becomes(nameOf('churn'), [95, 96, 97, 98, 99].map(i => `10.80.${i % 5}.${i}`).join(' '))
  })
})
