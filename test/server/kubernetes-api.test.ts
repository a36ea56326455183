import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '#lib/clock.ts'
import { systemClock } from '#lib/clock.ts'
import { certificates } from '#test/support/api-server/certificates.ts'
import { pod, service } from '#test/support/api-server/cluster.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import { freePort } from '#test/support/free-port.ts'
import { addStable, answerOf, bootLive, nameOf, SPACE, STABLE, StablePoller } from '#test/support/live-cluster.ts'
import { until } from '#test/support/until.ts'

const STABLE_NAME = nameOf('stable-0')
const STABLE_ADDRESS = STABLE.get(STABLE_NAME)!

describe('the API server is down at the start', () => {
  it('so the server starts all the same, answers SERVFAIL for names it cannot know, and is not ready until it knows', async t => {
    const port = await freePort()
    const api = await startApiServer()
    t.after(() => api.close())
    addStable(api)
    await api.refuse()
    const directives = `health 127.0.0.1:${port}\nready 127.0.0.1:${port}`
    const server = await bootLive(t, api.url, { lines: 'startup_timeout 1100ms', directives })
    assert.equal(await answerOf(server, STABLE_NAME), 'SERVFAIL')
    const { authority } = await server.ask(STABLE_NAME, 'A')
    assert.equal(authority.length, 1, 'with the SOA record')
    assert.deepEqual(await get(port, '/ready'), [503, 'kubernetes'])
    assert.deepEqual(await get(port, '/health'), [200, 'OK'])
    const told = server.lines.filter(line => !line.includes('cannot follow') && !line.includes('plugin/ready'))
    assert.deepEqual(told, [
      '[INFO] plugin/kubernetes: waiting for Kubernetes API before starting server',
      '[INFO] plugin/kubernetes: waiting for Kubernetes API before starting server',
      '[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API',
    ])
    await api.accept()
    await until(async () => (await answerOf(server, STABLE_NAME)) === STABLE_ADDRESS)
    await until(async () => (await get(port, '/ready'))[0] === 200)
    assert.equal(await answerOf(server, nameOf('nope')), 'NXDOMAIN')
  })

  it('so names pass on that may fall through, and other blocks are untouched', async t => {
    const api = await startApiServer()
    t.after(() => api.close())
    await api.refuse()
    const lines =
      'startup_timeout 1ms\nfallthrough\n}\nhosts {\n192.0.2.7 www.example.org\n192.0.2.8 x.test.svc.cluster.local'
    const server = await bootLive(t, api.url, { lines })
    assert.equal(await answerOf(server, 'www.example.org.'), '192.0.2.7')
    assert.equal(await answerOf(server, nameOf('x')), '192.0.2.8')
  })

  it('or answers nothing: the start goes on after startup_timeout', async t => {
    const api = await startApiServer()
    t.after(() => api.close())
    api.hang()
    const server = await bootLive(t, api.url, { lines: 'startup_timeout 50ms' })
    assert.equal(await answerOf(server, STABLE_NAME), 'SERVFAIL')
  })

  it('or forbids everything: the start goes on, the log says what is forbidden, and rights that come later are enough', async t => {
    const api = await startApiServer()
    t.after(() => api.close())
    addStable(api)
    for (const verb of ['list', 'watch']) api.access.deny(verb, 'services')
    const server = await bootLive(t, api.url, { lines: 'startup_timeout 50ms' })
    assert.equal(await answerOf(server, STABLE_NAME), 'SERVFAIL')
    await until(() => /cannot follow services: 403 services is forbidden/.test(server.lines.join('\n')))
    api.access.allowAll()
    await until(async () => (await answerOf(server, STABLE_NAME)) === STABLE_ADDRESS)
  })
})

describe('the API server dies later', () => {
  it('and all is answered as it was last known, without a storm of requests or lines, and found again after', async t => {
    const port = await freePort()
    const { api, server } = await boot(t, { directives: `health 127.0.0.1:${port}\nready 127.0.0.1:${port}` })
    await api.refuse()
    const poller = new StablePoller(server)
    await sleep(300)
    assert.deepEqual(await get(port, '/ready'), [200, 'OK'])
    assert.deepEqual(await get(port, '/health'), [200, 'OK'])
    assert.equal(await answerOf(server, nameOf('nope')), 'NXDOMAIN')
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    api.delete('Service', 'stable-4', SPACE)
    await poller.stop()
    assert.deepEqual(poller.wrong, [])
    await api.accept()
    await until(async () => (await answerOf(server, nameOf('new'))) === '10.96.1.1')
    await until(async () => (await answerOf(server, nameOf('stable-4'))) === 'NXDOMAIN')
    const lines = server.lines.filter(line => line.includes('plugin/kubernetes'))
    assert.ok(lines.length <= 6, `one line that a resource is lost and one that it is back:\n${lines.join('\n')}`)
  })

  it('and hangs: silence is noticed, though the connection stays open', async t => {
    const { api, server } = await boot(t)
    api.silenceWatches()
    const poller = new StablePoller(server)
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    await until(async () => (await answerOf(server, nameOf('new'))) === '10.96.1.1')
    await poller.stop()
    assert.deepEqual(poller.wrong, [])
  })

  const losses: [how: string, lose: (api: FakeApiServer) => unknown, find: (api: FakeApiServer) => unknown][] = [
    ['falls silent', api => api.silenceWatches(), () => {}],
    ['cannot be reached', api => api.refuse(), api => api.accept()],
  ]
  for (const [how, lose, find] of losses) {
    it(`and ${how}: the server is not ready once nothing was heard for max_age, until something is`, async t => {
      const port = await freePort()
      let passedMs = 0
      const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + passedMs }
      const directives = `ready 127.0.0.1:${port} {\nmax_age 5m\ndetails\n}`
      const { api, server } = await boot(t, { directives, clock })
      const [status, body] = await get(port, '/ready')
      assert.equal(status, 200)
      const version = String(api.store.resourceVersion)
      assert.equal(body.split('\n')[0], 'OK')
      assert.ok(body.includes(`\nkubernetes: services at version ${version}, last heard of `), body)
      await lose(api)
      await sleep(200) // What is on its way arrives.
      passedMs += 301_000
      const [statusAfter, bodyAfter] = await get(port, '/ready')
      assert.equal(statusAfter, 503)
      assert.match(
        bodyAfter,
        /^kubernetes\nkubernetes: nothing heard of namespaces for 5m\ds\nkubernetes: nothing heard of services for 5m\ds\n/,
      )
      assert.equal(await answerOf(server, STABLE_NAME), STABLE_ADDRESS, 'it goes on to answer')
      await find(api)
      await until(async () => {
        api.bookmark()
        return (await get(port, '/ready'))[0] === 200
      })
    })
  }

  it('and the server is started again meanwhile: SERVFAIL, never NXDOMAIN', async t => {
    const { api, server } = await boot(t)
    await api.refuse()
    await server.close()
    const again = await bootLive(t, api.url, { lines: 'startup_timeout 50ms' })
    assert.equal(await answerOf(again, STABLE_NAME), 'SERVFAIL')
    assert.equal(await answerOf(again, nameOf('nope')), 'SERVFAIL')
    await api.accept()
    await until(async () => (await answerOf(again, STABLE_NAME)) === STABLE_ADDRESS)
  })

  it('and the server is started again with a snapshot: all is answered as it was, and what changed is found later', async t => {
    const port = await freePort()
    const file = join(mkdtempSync(join(tmpdir(), 'nodens-snapshot-')), 'cluster.json')
    t.after(() => rmSync(dirname(file), { recursive: true }))
    const lines = `snapshot ${file}\nstartup_timeout 50ms`
    const { api, server } = await boot(t, { lines })
    api.apply(service(SPACE, 'old', '10.96.1.2'))
    await until(async () => (await answerOf(server, nameOf('old'))) === '10.96.1.2')
    await server.close()
    await api.refuse()
    api.delete('Service', 'old', SPACE)
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    const again = await bootLive(t, api.url, { lines, directives: `ready 127.0.0.1:${port}` })
    const poller = new StablePoller(again)
    assert.equal(await answerOf(again, nameOf('old')), '10.96.1.2')
    assert.equal((await get(port, '/ready'))[0], 200)
    await api.accept()
    await until(async () => (await answerOf(again, nameOf('new'))) === '10.96.1.1')
    await until(async () => (await answerOf(again, nameOf('old'))) === 'NXDOMAIN')
    await poller.stop()
    assert.deepEqual(poller.wrong, [])
  })

  it('and the server is started again with a damaged snapshot: as if there were none', async t => {
    const { api, server } = await boot(t)
    await api.refuse()
    await server.close()
    const files = { 'cluster.json': '{"half' }
    const again = await bootLive(t, api.url, { lines: 'snapshot cluster.json\nstartup_timeout 50ms', files })
    assert.equal(await answerOf(again, STABLE_NAME), 'SERVFAIL')
    await api.accept()
    await until(async () => (await answerOf(again, STABLE_NAME)) === STABLE_ADDRESS)
  })

  it('and is asked again after waits that grow', async t => {
    const api = await startApiServer()
    t.after(() => api.close())
    addStable(api)
    const server = await bootLive(t, api.url, { isQuick: false })
    const before = api.requests.length
    api.faults.failNextWith(500, 1000)
    api.resetWatches()
    await sleep(500)
    // The first wait is 0.8 s at least, so each of the three resources has not been asked for more than once.
    assert.ok(api.requests.length - before <= 3, `${api.requests.length - before} requests in half a second`)
    assert.equal(await answerOf(server, STABLE_NAME), STABLE_ADDRESS)
  })
})

describe('what the server asks the API server for', () => {
  const grants: [lines: string, resources: readonly string[]][] = [
    ['', ['endpointslices.discovery.k8s.io', 'namespaces', 'services']],
    ['noendpoints', ['namespaces', 'services']],
    ['pods insecure', ['endpointslices.discovery.k8s.io', 'namespaces', 'services']],
    ['pods verified', ['endpointslices.discovery.k8s.io', 'namespaces', 'pods', 'services']],
  ]
  for (const [lines, resources] of grants) {
    it(`is list and watch of ${resources.join(', ')} with "${lines}"`, async t => {
      const { api, server } = await boot(t, { lines })
      api.faults.refuseWatchList = true
      api.expireWatches()
      api.apply(service(SPACE, 'new', '10.96.1.1'))
      await until(async () => (await answerOf(server, nameOf('new'))) === '10.96.1.1')
      await until(() => resources.every(resource => api.used.has(`list ${resource}`)))
      const allowed = resources.flatMap(resource => [`list ${resource}`, `watch ${resource}`])
      assert.deepEqual([...api.used].sort(), allowed.sort())
      assert.ok(api.requests.every(({ namespace }) => namespace === null))
    })
  }

  it('comes with its name and version', async t => {
    const { api } = await boot(t)
    for (const { userAgent } of api.requests) assert.match(userAgent, /^nodens\/\d+\.\d+\.\d+/)
  })

  it('has the selectors of the Corefile', async t => {
    const api = await startApiServer()
    t.after(() => api.close())
    await bootLive(t, api.url, { lines: 'labels app=web\npods verified' })
    const path = (resource: string) => decodeURIComponent(api.requests.find(each => each.resource === resource)!.path)
    assert.match(path('services'), /labelSelector=app=web/)
    assert.match(path('pods'), /fieldSelector=status\.phase!=Succeeded,status\.phase!=Failed,status\.phase!=Unknown/)
  })

  it('follows pods for pods verified', async t => {
    const { api, server } = await boot(t, { lines: 'pods verified' })
    const name = `10-77-9-1.${SPACE}.pod.cluster.local.`
    assert.equal(await answerOf(server, name), 'NXDOMAIN')
    api.apply(pod(SPACE, 'p', '10.77.9.1'))
    await until(async () => (await answerOf(server, name)) === '10.77.9.1')
    api.apply(pod(SPACE, 'p', '10.77.9.1', 'Succeeded'))
    await until(async () => (await answerOf(server, name)) === 'NXDOMAIN')
  })
})

describe('how the server is let in', () => {
  const kubeconfig = (url: string, user: object) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: url, 'certificate-authority': 'ca.crt' } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    })

  it('is a client certificate with tls', async t => {
    const api = await startApiServer({ tokens: [], tls: { ...certificates.server, clientCa: certificates.ca } })
    t.after(() => api.close())
    addStable(api)
    const { client, ca } = certificates
    const files = { 'client.crt': client.cert, 'client.key': client.key, 'ca.crt': ca }
    const access = `endpoint ${api.url}\ntls client.crt client.key ca.crt`
    const server = await bootLive(t, '', { access, files })
    assert.equal(await answerOf(server, STABLE_NAME), STABLE_ADDRESS)
  })

  it('is refused where the API server shows a certificate of another authority', async t => {
    const api = await startApiServer({ tls: { ...certificates.otherServer, clientCa: certificates.ca } })
    t.after(() => api.close())
    const { client, ca } = certificates
    const files = { 'client.crt': client.cert, 'client.key': client.key, 'ca.crt': ca }
    const access = `endpoint ${api.url}\ntls client.crt client.key ca.crt\nstartup_timeout 50ms`
    const server = await bootLive(t, '', { access, files })
    assert.equal(await answerOf(server, STABLE_NAME), 'SERVFAIL')
    await until(() => server.lines.some(line => /cannot follow services: .*certificate/.test(line)))
    assert.deepEqual(api.requests, [])
  })

  it('is a token of a kubeconfig, and another one once the first is refused, while all is answered', async t => {
    const api = await startApiServer({ tokens: ['one'], tls: certificates.server })
    t.after(() => api.close())
    addStable(api)
    const files = { 'ca.crt': certificates.ca, 'config.yaml': kubeconfig(api.url, { token: 'one' }) }
    const server = await bootLive(t, '', { access: 'kubeconfig config.yaml', files })
    const poller = new StablePoller(server)
    api.access.setTokens(['two'])
    api.resetWatches()
    await until(() => api.requests.some(({ status }) => status === 401))
    server.writeFile('config.yaml', kubeconfig(api.url, { token: 'two' }))
    api.apply(service(SPACE, 'new', '10.96.1.1'))
    await until(async () => (await answerOf(server, nameOf('new'))) === '10.96.1.1')
    await poller.stop()
    assert.deepEqual(poller.wrong, [])
    assert.equal(api.requests.at(-1)!.authorization, 'Bearer two')
  })
})

async function boot(
  t: Parameters<typeof bootLive>[0],
  options: Parameters<typeof bootLive>[2] = {},
): Promise<{ api: FakeApiServer; server: Awaited<ReturnType<typeof bootLive>> }> {
  const api = await startApiServer({ bookmarkMs: 100 })
  t.after(() => api.close())
  addStable(api)
  const server = await bootLive(t, api.url, options)
  assert.equal(await answerOf(server, STABLE_NAME), STABLE_ADDRESS)
  return { api, server }
}

async function get(port: number, path: string): Promise<[status: number, body: string]> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  return [response.status, await response.text()]
}
