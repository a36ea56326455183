import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { cLibrary } from '#net/batch/c-library.ts'
import { service, slice } from '#test/support/api-server/cluster.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import { truthOf } from '#test/support/api-server/truth.ts'
import type { LiveOptions } from '#test/support/live-cluster.ts'
import { addStable, answerOf, bootLive, nameOf, SPACE, STABLE, StablePoller } from '#test/support/live-cluster.ts'
import type { TestServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'

/** Watches of a server that follows services, slices and namespaces. */
const WATCHES = 3

/** A server that follows a small cluster, which counts as large, and the threads that were started for it. */
async function boot(
  t: TestContext,
  options: LiveOptions = {},
): Promise<{ api: FakeApiServer; server: TestServer; threads: Worker[] }> {
  const threads: Worker[] = []
  const started = (thread: Worker): number => threads.push(thread)
  process.on('worker', started)
  t.after(() => process.off('worker', started))
  const api = await startApiServer()
  t.after(() => api.close())
  addStable(api)
  const server = await bootLive(t, api.url, { largeObjects: 0, ...options })
  return { api, server, threads }
}

/** Waits until a change that is made now is answered. */
async function becomesTrue(api: FakeApiServer, server: TestServer, name: string, address: string): Promise<void> {
  api.apply(service(SPACE, name, address))
  await until(async () => (await answerOf(server, nameOf(name))) === address)
}

describe('a large cluster', () => {
  it('is followed in a thread of its own, which goes on where the first one left off', async t => {
    const { api, server, threads } = await boot(t)
    await until(() => threads.length === 1 && api.watchCount() === WATCHES)
    await becomesTrue(api, server, 'new', '10.96.1.1')
    api.delete('Service', 'new', SPACE)
    await until(async () => (await answerOf(server, nameOf('new'))) === 'NXDOMAIN')
    const lists = api.requests.filter(({ path }) => path.includes('sendInitialEvents'))
    assert.equal(lists.length, WATCHES, 'each resource is listed once')
    assert.deepEqual(
      server.lines.filter(line => line.includes('kubernetes')),
      [],
    )
  })

  it('is one that becomes large', async t => {
    const { api, server, threads } = await boot(t, { largeObjects: 20 })
    await until(() => api.watchCount() === WATCHES)
    assert.equal(threads.length, 0)
    for (let i = 0; i < 20; i++) await becomesTrue(api, server, `new-${i}`, `10.96.1.${i}`)
    await until(() => threads.length === 1 && api.watchCount() === WATCHES)
    await becomesTrue(api, server, 'last', '10.96.2.1')
  })

  it('misses nothing of what happens while it is handed over, and no stable name goes unanswered', async t => {
    const { api, server, threads } = await boot(t, { directives: 'cache 3600', lines: 'ttl 3600' })
    const poller = new StablePoller(server)
    t.after(() => poller.stop())
    for (let i = 0; i < 200; i++) {
      const name = `svc-${i % 20}`
      if (i % 7 === 6) api.delete('Service', name, SPACE)
      else api.apply(service(SPACE, name, i % 3 === 0 ? 'None' : `10.96.1.${i}`))
      api.apply(slice(SPACE, `${name}-a`, name, [`10.79.0.${i}`]))
      if (i % 10 === 0) await new Promise(resolve => setTimeout(resolve, 5))
    }
    await until(() => threads.length === 1)
    for (let i = 0; i < 20; i++) {
      await until(async () => (await answerOf(server, nameOf(`svc-${i}`))) === truthOf(api, SPACE, `svc-${i}`))
    }
    await poller.stop()
    assert.deepEqual(poller.wrong, [])
  })

  it('is measured as any other', async t => {
    const { api, server, threads } = await boot(t)
    await until(() => threads.length === 1 && api.watchCount() === WATCHES)
    const requests = () => Number(/requests_total\{code="200".*\} (\d+)/.exec(server.metrics())?.[1])
    await until(() => requests() === 2 * WATCHES)
    api.bookmark()
    const line = `nodens_kubernetes_resource_version{resource="services"} ${api.store.resourceVersion}\n`
    await until(() => server.metrics().includes(line))
    const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': new Date().toISOString() }
    const made = slice(SPACE, 'stable-pods-a', 'stable-pods', ['10.77.0.1', '10.77.0.3'])
    api.apply({ ...made, metadata: { ...made.metadata, annotations } })
    await until(() => /programming_duration_seconds_count\{.*\} 1\n/.test(server.metrics()))
  })

  it('is told of in the log when it cannot be followed', async t => {
    const { api, server, threads } = await boot(t)
    await until(() => threads.length === 1 && api.watchCount() === WATCHES)
    for (const verb of ['list', 'watch']) api.access.deny(verb, 'services')
    api.endWatches()
    await until(() => /cannot follow services: 403 services is forbidden/.test(server.lines.join('\n')))
    api.access.allowAll()
    await until(() => /following services again after/.test(server.lines.join('\n')))
    await becomesTrue(api, server, 'new', '10.96.1.1')
  })

  it('is followed by the thread that answers queries when its own has died, and what went on meanwhile is found', async t => {
    const { api, server, threads } = await boot(t)
    await until(() => threads.length === 1 && api.watchCount() === WATCHES)
    await becomesTrue(api, server, 'gone', '10.96.1.1')
    const poller = new StablePoller(server)
    t.after(() => poller.stop())
    api.hang()
    await threads[0]!.terminate()
    await until(() => server.lines.some(line => line.includes('has ended')))
    api.delete('Service', 'gone', SPACE)
    api.delete('EndpointSlice', 'stable-pods-a', SPACE)
    api.apply(slice(SPACE, 'stable-pods-a', 'stable-pods', ['10.77.0.1', '10.77.0.3']))
    api.recover(true)
    await until(async () => (await answerOf(server, nameOf('gone'))) === 'NXDOMAIN')
    await becomesTrue(api, server, 'new', '10.96.1.2')
    await poller.stop()
    assert.deepEqual(poller.wrong, [])
    assert.equal(threads.length, 1, 'that is for good')
    assert.deepEqual(
      server.lines.filter(line => line.includes('thread')),
      [
        '[WARNING] plugin/kubernetes: the thread that followed the cluster has ended (exit code 1); the one that answers queries goes on',
      ],
    )
  })

  it('is saved by its thread, so that a server that cannot reach the API server answers from that', async t => {
    const directory = mkdtempSync(join(tmpdir(), 'nodens-snapshot-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const lines = `snapshot ${join(directory, 'snapshot')}\nstartup_timeout 50ms`
    const { api, server, threads } = await boot(t, { lines })
    await until(() => threads.length === 1 && api.watchCount() === WATCHES)
    await becomesTrue(api, server, 'new', '10.96.1.1')
    await server.close()
    assert.ok(existsSync(join(directory, 'snapshot')))
    await api.refuse()
    const again = await bootLive(t, api.url, { lines })
    assert.equal(await answerOf(again, nameOf('new')), '10.96.1.1')
    for (const [name, answer] of STABLE) assert.equal(await answerOf(again, name), answer)
  })

  it('has one thread after a reload, and none after the end', async t => {
    const { api, server, threads } = await boot(t)
    await until(() => threads.length === 1 && api.watchCount() === WATCHES)
    const [first] = threads
    await server.runtime.reload()
    await until(() => threads.length === 2 && first!.threadId === -1 && api.watchCount() === WATCHES)
    await becomesTrue(api, server, 'new', '10.96.1.1')
    assert.equal(await server.close(), 0)
    assert.equal(threads[1]!.threadId, -1)
    assert.equal(api.watchCount(), 0)
  })

  it('is followed in a thread that gives way to all others', {
    skip: cLibrary() === null && 'needs node:ffi and Linux on x86-64 or arm64',
  }, async t => {
    const { api, threads } = await boot(t)
    await until(() => threads.length === 1 && api.watchCount() === WATCHES)
    const SCHED_IDLE = 5
    await until(() => policies().filter(policy => policy === SCHED_IDLE).length === 1)
  })

  it('is followed by the control thread where others answer queries', async t => {
    const { api, threads } = await boot(t, {
      directives: 'multisocket 2',
      threadEntry: new URL('../../src/thread.ts', import.meta.url),
    })
    await until(() => api.watchCount() === WATCHES)
    await new Promise(resolve => setTimeout(resolve, 100))
    assert.equal(threads.length, 2)
  })
})

/** The policy of each thread of this process: the 41st word of its `stat`, the second being a name in parentheses. */
function policies(): number[] {
  return readdirSync('/proc/self/task').flatMap(id => {
    const file = `/proc/self/task/${id}/stat`
    if (!existsSync(file)) return []
    const stat = readFileSync(file, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38])
  })
}
