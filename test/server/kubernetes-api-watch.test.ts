import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '#lib/clock.ts'
import { generateCluster, namespace, service, slice } from '#test/support/api-server/cluster.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import type { LiveOptions } from '#test/support/live-cluster.ts'
import { addStable, answerOf, bootLive, nameOf, SPACE, StablePoller } from '#test/support/live-cluster.ts'
import type { TestServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'
import { soaOf } from '#wire/build.ts'

interface Live {
  readonly api: FakeApiServer
  readonly server: TestServer
  /** Waits for an answer. */
  becomes(serviceName: string, answer: string): Promise<void>
}

async function boot(
  t: Parameters<typeof bootLive>[0],
  options: LiveOptions = {},
  prepare?: (api: FakeApiServer) => void,
): Promise<Live> {
  const api = await startApiServer({ bookmarkMs: 100 })
  t.after(() => api.close())
  addStable(api)
  prepare?.(api)
  const server = await bootLive(t, api.url, options)
  const becomes = (serviceName: string, answer: string): Promise<void> =>
    until(async () => (await answerOf(server, nameOf(serviceName))) === answer)
  return { api, server, becomes }
}

describe('a list', () => {
  it('is streamed where the API server does that', async t => {
    const { api } = await boot(t)
    assert.ok(!api.used.has('list services'))
    assert.match(api.requests[0]!.path, /sendInitialEvents=true/)
  })

  it('is fetched in pages where it does not, and the watch goes on from its version', async t => {
    const many = (api: FakeApiServer): void => {
      api.faults.refuseWatchList = true
      for (const object of generateCluster({ services: 1100, slices: 0, endpointsPerSlice: 0, pods: 0 }))
        api.apply(object)
    }
    const { api, server, becomes } = await boot(t, {}, many)
    const pages = api.requests.filter(({ verb, resource }) => verb === 'list' && resource === 'services')
    assert.equal(pages.length, 3)
    assert.equal(await answerOf(server, nameOf('svc-1099', 'ns-99')), '10.96.4.75')
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    await becomes('new', '10.96.1.1')
    const watch = api.requests.findLast(({ verb, resource }) => verb === 'watch' && resource === 'services')!
    assert.match(watch.path, /resourceVersion=\d+/)
    assert.match(watch.path, /allowWatchBookmarks=true/)
    assert.match(watch.path, /timeoutSeconds=([3-5]\d\d|600)\b/)
  })

  for (const times of [1, 3]) {
    it(`whose continue token expires ${times} times is fetched again from its beginning`, async t => {
      const many = (api: FakeApiServer): void => {
        api.faults.refuseWatchList = true
        for (const object of generateCluster({ services: 1100, slices: 0, endpointsPerSlice: 0, pods: 0 }))
          api.apply(object)
        let left = times
        const keep = api.store.keepForPages.bind(api.store)
        api.store.keepForPages = (resource, snapshot) => {
          if (left-- <= 0) keep(resource, snapshot)
        }
      }
      const { api, server } = await boot(t, {}, many)
      assert.equal(await answerOf(server, nameOf('svc-1099', 'ns-99')), '10.96.4.75')
      assert.ok(api.requests.some(({ status }) => status === 410))
    })
  }

  it('is asked for again after the time that 429 names', async t => {
    const { api, server, becomes } = await boot(t)
    api.faults.throttleNext(1, 1, { resource: 'services' })
    const count = (): number => api.requests.filter(({ resource }) => resource === 'services').length
    const before = count()
    const poller = new StablePoller(server)
    api.resetWatches()
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    await until(() => count() === before + 1)
    const throttledAtMs = performance.now()
    await becomes('new', '10.96.1.1')
    assert.ok(performance.now() - throttledAtMs > 900, 'no request within the second that was asked for')
    assert.equal(count(), before + 2)
    await poller.stop()
    assert.deepEqual(poller.wrong, [])
  })

  it('is applied as a difference: what went while nobody watched is gone after, and the rest was always there', async t => {
    const { api, server, becomes } = await boot(t, {}, api => {
      api.apply(service(SPACE, 'old', '10.96.1.2'))
      api.apply(namespace('gone'))
      api.apply(service('gone', 'a', '10.96.1.3'))
    })
    assert.equal(await answerOf(server, nameOf('a', 'gone')), '10.96.1.3')
    const poller = new StablePoller(server)
    await api.refuse()
    api.delete('Service', 'old', SPACE)
    api.delete('Namespace', 'gone')
    api.apply(slice(SPACE, 'stable-x', 'nobody', ['10.77.0.9']))
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    api.store.compact()
    await api.accept()
    await becomes('new', '10.96.1.1')
    await becomes('old', 'NXDOMAIN')
    await until(async () => (await answerOf(server, nameOf('a', 'gone'))) === 'NXDOMAIN')
    await poller.stop()
    assert.deepEqual(poller.wrong, [])
  })

  it('never goes back in time: a replica that lags is not believed', async t => {
    const { api, server, becomes } = await boot(t)
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    api.delete('Service', 'stable-4', SPACE)
    await becomes('new', '10.96.1.1')
    await becomes('stable-4', 'NXDOMAIN')
    api.faults.laggingVersion = api.store.resourceVersion - 2
    api.resetWatches()
    const deadlineMs = performance.now() + 200
    while (performance.now() < deadlineMs) {
      assert.equal(await answerOf(server, nameOf('new')), '10.96.1.1')
      assert.equal(await answerOf(server, nameOf('stable-4')), 'NXDOMAIN')
    }
    api.catchUp()
  })
})

describe('a watch', () => {
  const breaks: [rule: string, breakIt: (api: FakeApiServer) => void, lists: boolean][] = [
    ['that times out goes on where it was', api => api.endWatches(), false],
    ['that is reset goes on where it was', api => api.resetWatches(), false],
    ['that is cut in the midst of an event goes on before it', api => api.cutNextEvents('reset'), false],
    ['that ends in the midst of an event goes on before it', api => api.cutNextEvents('end'), false],
    ['with an event that is no JSON goes on before it', api => api.cutNextEvents('garbage'), false],
    ['that expires in the stream is followed by a list', api => api.expireWatches(), true],
    [
      'that expires by status is followed by a list',
      api => {
        api.faults.goneByStatus = true
        api.store.compact()
        api.endWatches()
      },
      true,
    ],
    ['that falls silent is broken off and goes on where it was', api => api.silenceWatches(), false],
    ['that ends after each event goes on where it was', api => (api.faults.closeWatchesAfterEvents = 1), false],
    ['that sends events twice comes to the same', api => (api.faults.duplicateEvents = true), false],
  ]
  for (const [rule, breakIt, lists] of breaks) {
    it(`${rule}, and every name is answered meanwhile`, async t => {
      const { api, server, becomes } = await boot(t, {}, api => api.apply(service(SPACE, 'old', '10.96.1.2')))
      const before = api.requests.length
      const poller = new StablePoller(server)
      breakIt(api)
      api.apply(service(SPACE, 'new', '10.96.1.1'))
      api.delete('Service', 'old', SPACE)
      api.apply(service(SPACE, 'newer', '10.96.1.4'))
      await becomes('new', '10.96.1.1')
      await becomes('newer', '10.96.1.4')
      await becomes('old', 'NXDOMAIN')
      await poller.stop()
      assert.deepEqual(poller.wrong, [])
      const relists = api.requests.slice(before).filter(({ resource, path, verb }) => {
        return resource === 'services' && (verb === 'list' || path.includes('sendInitialEvents'))
      })
      assert.equal(relists.length > 0, lists, `${relists.length} lists`)
    })
  }

  it('goes on from the version of a bookmark, so that old versions may be forgotten', async t => {
    const { api, becomes } = await boot(t)
    api.store.touch()
    api.bookmark()
    const version = api.store.resourceVersion
    const before = api.requests.length
    await sleep(50)
    api.endWatches()
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    await becomes('new', '10.96.1.1')
    const watch = api.requests.slice(before).find(({ resource }) => resource === 'services')!
    assert.match(watch.path, new RegExp(`resourceVersion=${version}(&|$)`))
  })

  it('that ends every few milliseconds under churn ends in the truth', async t => {
    const { api, server, becomes } = await boot(t)
    const poller = new StablePoller(server)
    for (let i = 0; i < 200; i++) {
      api.apply(slice(SPACE, `s-${i % 50}`, 'churn', [`10.79.0.${i % 50}`, `10.79.1.${i}`]))
      if (i % 10 === 0) {
        api.resetWatches()
        await sleep(2)
      }
    }
    api.apply(service(SPACE, 'churn', 'None'))
    const last = Array.from({ length: 50 }, (_, i) => [`10.79.0.${i}`, `10.79.1.${150 + i}`]).flat()
    await until(async () => {
      const reply = await server.ask(nameOf('churn'), 'A', { tcp: true })
      return reply.answer.length === last.length
    })
    await becomes('stable-0', '10.96.77.0')
    await poller.stop()
    assert.deepEqual(poller.wrong, [])
  })
})

describe('a change', () => {
  it('is answered from the next query on that comes after its event, also where a reply was at hand', async t => {
    const { api, server, becomes } = await boot(t)
    assert.equal(await answerOf(server, nameOf('new')), 'NXDOMAIN')
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    await becomes('new', '10.96.1.1')
    api.apply(service(SPACE, 'new', '10.96.1.2'))
    await becomes('new', '10.96.1.2')
    api.delete('Service', 'new', SPACE)
    await becomes('new', 'NXDOMAIN')
  })

  it('drops what the cache has stored about the names that it touches, positive and negative, and nothing else', async t => {
    const { server, api, becomes } = await boot(t, {
      lines: 'ttl 3600',
      directives: 'cache 3600\nprometheus 127.0.0.1:0',
    })
    await becomes('new', 'NXDOMAIN')
    await becomes('stable-0', '10.96.77.0')
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    await becomes('new', '10.96.1.1')
    api.apply(service(SPACE, 'new', '10.96.1.2'))
    await becomes('new', '10.96.1.2')
    api.apply(slice(SPACE, 'stable-pods-b', 'stable-pods', ['10.77.0.4']))
    await becomes('stable-pods', '10.77.0.1 10.77.0.3 10.77.0.4')
    api.delete('Service', 'new', SPACE)
    await becomes('new', 'NXDOMAIN')
    const hits = (): number =>
      Number(/coredns_cache_hits_total\{[^}]*type="success"[^}]*\} (\d+)/.exec(server.metrics())?.[1] ?? 0)
    const before = hits()
    await becomes('stable-0', '10.96.77.0')
    assert.equal(hits(), before + 1)
  })

  it('of readiness takes an address away and brings it back', async t => {
    const { api, becomes } = await boot(t)
    api.apply(service(SPACE, 'pods', 'None'))
    const endpoints = (ready: boolean | undefined) => [
      { addresses: ['10.79.0.1'], conditions: { ready: true } },
      { addresses: ['10.79.0.2'], conditions: { ready, serving: true, terminating: ready === false } },
    ]
    api.apply(slice(SPACE, 'pods-a', 'pods', [], { endpoints: endpoints(true) }))
    await becomes('pods', '10.79.0.1 10.79.0.2')
    api.apply(slice(SPACE, 'pods-a', 'pods', [], { endpoints: endpoints(false) }))
    await becomes('pods', '10.79.0.1')
    api.apply(slice(SPACE, 'pods-a', 'pods', [], { endpoints: endpoints(undefined) }))
    await becomes('pods', '10.79.0.1 10.79.0.2')
  })

  it('that moves an endpoint from one slice to another shows its address once, in the midst of it too', async t => {
    const { api, becomes } = await boot(t)
    api.apply(service(SPACE, 'pods', 'None'))
    api.apply(slice(SPACE, 'pods-a', 'pods', ['10.79.0.1']))
    await becomes('pods', '10.79.0.1')
    api.apply(slice(SPACE, 'pods-b', 'pods', ['10.79.0.1', '10.79.0.2']))
    await becomes('pods', '10.79.0.1 10.79.0.2')
    api.delete('EndpointSlice', 'pods-a', SPACE)
    await sleep(50)
    await becomes('pods', '10.79.0.1 10.79.0.2')
  })

  it('of a slice whose service is gone is not answered, and does no harm', async t => {
    const { api, becomes } = await boot(t)
    api.apply(slice(SPACE, 'orphan', 'orphan', ['10.79.0.1']))
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    await becomes('new', '10.96.1.1')
    await becomes('orphan', 'NXDOMAIN')
  })

  it('that means nothing to DNS leaves the serial as it is', async t => {
    let wallMs = Date.parse('2026-01-01T00:00:00Z')
    const clock: Clock = { nowMs: () => performance.now(), wallMs: () => wallMs }
    const { api, server, becomes } = await boot(t, { clock })
    const serial = async (): Promise<number> => soaOf((await server.ask('cluster.local.', 'SOA')).answer[0]!).serial
    const before = await serial()
    wallMs += 60_000
    const changed = {
      ...slice(SPACE, 'stable-pods-b', 'stable-pods', ['10.77.0.2', '10.77.0.3']),
      note: 'nothing to DNS',
    }
    api.apply(changed)
    api.bookmark()
    await sleep(50)
    assert.equal(await serial(), before)
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    await becomes('new', '10.96.1.1')
    assert.equal(await serial(), before + 60)
  })

  it('is seen in the lameduck time', async t => {
    const { api, server, becomes } = await boot(t, { directives: 'health 127.0.0.1:0 {\nlameduck 2s\n}' })
    const over = server.close()
    await until(() => server.lines.some(line => line.includes('lameduck')))
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    await becomes('new', '10.96.1.1')
    await over
  })

  it('is seen through reloads, in which every name is answered', async t => {
    const { api, server, becomes } = await boot(t, { directives: '# 0' })
    const poller = new StablePoller(server)
    for (let i = 0; i < 3; i++) {
      await server.runtime.reload()
      api.apply(service(SPACE, `new-${i}`, `10.96.1.${i}`))
      await becomes(`new-${i}`, `10.96.1.${i}`)
    }
    await poller.stop()
    assert.deepEqual(poller.wrong, [])
    await until(() => api.watchCount() === 3)
  })
})

describe('metrics', () => {
  it('tell how old what is known is', async t => {
    const { api, server } = await boot(t)
    api.bookmark()
    const version = api.store.resourceVersion
    await until(() => server.metrics().includes(`nodens_kubernetes_resource_version{resource="services"} ${version}`))
    assert.match(server.metrics(), /nodens_kubernetes_watch_age_seconds\{resource="endpointslices"\} 0/)
    assert.match(
      server.metrics(),
      /coredns_kubernetes_rest_client_requests_total\{code="200",method="GET",host="127\.0\.0\.1:/,
    )
  })
})
