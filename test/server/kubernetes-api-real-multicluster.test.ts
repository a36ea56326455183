import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { importedSlice, namespace, service, serviceImport } from '#test/support/api-server/cluster.ts'
import { ServiceImportDefinition } from '#test/support/api-server/service-import-definition.ts'
import { freePort } from '#test/support/free-port.ts'
import { answerOf, nameOf, SPACE, StablePoller } from '#test/support/live-cluster.ts'
import { heardAgo, importName, MULTICLUSTER } from '#test/support/multicluster.ts'
import { noRealCluster, RealCluster } from '#test/support/real-cluster.ts'
import type { TestServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'

// One cluster through its life: each test goes on where the one before it has ended.
describe('a real cluster with multicluster zones', { skip: noRealCluster }, () => {
  let cluster: RealCluster
  let definition: ServiceImportDefinition
  let server: TestServer
  let poller: StablePoller
  let readyPort: number

  before(async () => {
    cluster = new RealCluster()
    definition = new ServiceImportDefinition(cluster.api)
    await cluster.start('multicluster')
    readyPort = await freePort()
    const directives = `cache 3600\nready 127.0.0.1:${readyPort} {\nmonitor continuously\ndetails\n}`
    server = await cluster.boot({ ...MULTICLUSTER, directives })
    poller = new StablePoller(server)
  })
  after(async () => {
    await poller?.stop()
    await cluster.stop()
  })

  const becomes = (name: string, answer: string, of: TestServer = server): Promise<void> =>
    until(async () => (await answerOf(of, name)) === answer)
  const isReady = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${readyPort}/ready`)).status === 200
  /** Whether the API server is heard of imports all the time, as it has to be for max_age, while nothing else happens. */
  const isHeard = async (): Promise<void> => {
    await sleep(1500)
    assert.ok(heardAgo(server) < 1, `heard ${heardAgo(server)} s ago`)
    assert.ok(heardAgo(server, 'services') > 1, 'services have not changed')
    assert.ok(await isReady())
  }
  const refusals = (): number =>
    Number(/rest_client_requests_total\{code="404".*\} (\d+)$/m.exec(server.metrics())?.[1] ?? 0)
  /** Waits until the API server has said that there is no such resource; a watch outlives it by a second. */
  const isRefused = (): Promise<void> => {
    const before = refusals()
    return until(() => refusals() > before + 1)
  }

  it('has no imports before their CRD is there, which keeps nothing else back', async () => {
    assert.equal(await answerOf(server, importName('web')), 'NXDOMAIN')
    assert.equal(await answerOf(server, nameOf('stable-0')), '10.96.77.0')
    const told = server.lines.filter(line => line.includes(' serviceimports'))
    assert.match(told.join('\n'), /^.*ERROR.*404 Not Found: install the ServiceImport CRD.*$/)
    await isHeard()
  })

  it('has them once it is installed, in the time that a server takes by itself too', async () => {
    const unhurried = await cluster.boot({ ...MULTICLUSTER, isQuick: false })
    assert.equal(await answerOf(unhurried, importName('web')), 'NXDOMAIN')
    await definition.install()
    await cluster.apply(serviceImport(SPACE, 'web', ['10.42.0.1']))
    await becomes(importName('web'), '10.42.0.1')
    await becomes(importName('web'), '10.42.0.1', unhurried)
    await unhurried.close()
    assert.equal((await server.ask(importName('_http._tcp.web'), 'SRV')).answer.length, 1)
  })

  it('shows imports as they come, change and go', async () => {
    await cluster.apply(serviceImport(SPACE, 'web', ['10.42.0.2']))
    await becomes(importName('web'), '10.42.0.2')
    await cluster.apply(serviceImport(SPACE, 'brief', ['2001:db8::42']))
    await until(async () => (await answerOf(server, importName('brief'), 'AAAA')) === '2001:db8::42')
    await cluster.api.delete('ServiceImport', 'brief', SPACE)
    await becomes(importName('brief'), 'NXDOMAIN')
    assert.equal(await answerOf(server, nameOf('web')), 'NXDOMAIN', 'it is no service of the cluster')
  })

  it('shows endpoints of all clusters by the labels of their slices', async () => {
    await cluster.apply(serviceImport(SPACE, 'db', []))
    await cluster.apply(importedSlice(SPACE, 'db', 'east', ['10.43.0.1']))
    await cluster.apply(importedSlice(SPACE, 'db', 'west', ['10.44.0.1', '10.44.0.2']))
    await becomes(importName('db'), '10.43.0.1 10.44.0.1 10.44.0.2')
    await becomes(importName('10-44-0-2.west.db'), '10.44.0.2')
    assert.equal(await answerOf(server, importName('10-44-0-2.east.db')), 'NXDOMAIN')
    await cluster.apply(importedSlice(SPACE, 'db', 'west', ['10.44.0.3']))
    await becomes(importName('db'), '10.43.0.1 10.44.0.3')
    await becomes(importName('10-44-0-2.west.db'), 'NXDOMAIN')
    await cluster.api.delete('EndpointSlice', 'imported-db-east', SPACE)
    await becomes(importName('db'), '10.44.0.3')
  })

  it('hides the imports of a namespace that is gone', async () => {
    await cluster.apply(namespace('short'))
    await cluster.apply(serviceImport('short', 'web', ['10.42.0.9']))
    await becomes('web.short.svc.clusterset.local.', '10.42.0.9')
    await cluster.api.delete('Namespace', 'short')
    await becomes('web.short.svc.clusterset.local.', 'NXDOMAIN')
  })

  it('is answered while the API server is away, and what changed is found once it is back', async () => {
    await cluster.api.stopApiServer()
    assert.equal(await answerOf(server, importName('web')), '10.42.0.2')
    await cluster.api.startApiServer()
    assert.equal(await answerOf(server, importName('web')), '10.42.0.2')
    await cluster.apply(serviceImport(SPACE, 'web', ['10.42.0.3']))
    await becomes(importName('web'), '10.42.0.3')
    assert.equal(await answerOf(server, importName('db')), '10.44.0.3')
  })

  it('is answered from what is known while imports are not served, and is ready', async () => {
    await definition.withdraw()
    await isRefused()
    await isHeard()
    assert.equal(await answerOf(server, importName('web')), '10.42.0.3')
    await definition.install()
    await cluster.apply(serviceImport(SPACE, 'web', ['10.42.0.4']))
    await becomes(importName('web'), '10.42.0.4')
  })

  it('finds what went while imports were not served', async () => {
    await definition.withdraw()
    await isRefused()
    await definition.uninstall()
    assert.equal(await answerOf(server, importName('web')), '10.42.0.4')
    await definition.install()
    await becomes(importName('web'), 'NXDOMAIN')
    await becomes(importName('db'), 'NXDOMAIN')
  })

  it('has no imports when their CRD is removed, follows all else, and is ready', async () => {
    await cluster.apply(serviceImport(SPACE, 'web', ['10.42.0.5']))
    await becomes(importName('web'), '10.42.0.5')
    await definition.uninstall()
    await becomes(importName('web'), 'NXDOMAIN')
    await isRefused()
    await cluster.apply(service(SPACE, 'new', '10.96.1.1'))
    await becomes(nameOf('new'), '10.96.1.1')
    await isHeard()
    await definition.install()
    await cluster.apply(serviceImport(SPACE, 'web', ['10.42.0.6']))
    await becomes(importName('web'), '10.42.0.6')
  })

  it('has answered for the services of the cluster all the time', async () => {
    await poller.stop()
    assert.ok(poller.asked > 100)
    assert.deepEqual(poller.wrong, [])
  })
})
