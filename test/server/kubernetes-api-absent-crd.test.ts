import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '#lib/clock.ts'
import { systemClock } from '#lib/clock.ts'
import { serviceImport } from '#test/support/api-server/cluster.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { freePort } from '#test/support/free-port.ts'
import { answerOf, bootLive, nameOf, SPACE, STABLE } from '#test/support/live-cluster.ts'
import { bootMulticluster, heardAgo, importName, MULTICLUSTER } from '#test/support/multicluster.ts'
import type { TestServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'

const STABLE_NAME = nameOf('stable-0')
const STABLE_ADDRESS = STABLE.get(STABLE_NAME)!
const RESOURCE = 'serviceimports'
/** Namespaces, services, and the slices of this and of other clusters. */
const OTHER_RESOURCES = 4

describe('an API server without the CRD of ServiceImports', () => {
  const imports = (api: FakeApiServer): number => api.requests.filter(({ path }) => path.includes(RESOURCE)).length
  const followed = (server: TestServer): number | undefined =>
    server.metrics().match(/^nodens_kubernetes_resource_version\{/gm)?.length
  const told = (server: TestServer): string[] => server.lines.filter(line => line.includes(RESOURCE))

  it('has none: the start waits for nothing, and the log says once what is missing', async t => {
    const { api, server } = await bootMulticluster(t, { lines: 'startup_timeout 1h' }, api => api.uninstall(RESOURCE))
    assert.equal(await answerOf(server, STABLE_NAME), STABLE_ADDRESS)
    assert.equal(await answerOf(server, nameOf('nope')), 'NXDOMAIN')
    assert.equal(await answerOf(server, importName('web')), 'NXDOMAIN')
    await until(() => imports(api) > 5)
    assert.deepEqual(told(server), [
      "[ERROR] plugin/kubernetes: cannot follow serviceimports: 404 Not Found: install the ServiceImport CRD of the MCS API (v1alpha1), or leave out 'multicluster'",
    ])
    // An answer all the same: nobody needs to be alerted, and snapshots are saved.
    await sleep(300)
    await until(() => heardAgo(server) < 0.2)
  })

  it('has them as soon as it is installed', async t => {
    const { api, server, becomes } = await bootMulticluster(t, {}, api => api.uninstall(RESOURCE))
    api.install(RESOURCE)
    api.apply(serviceImport(SPACE, 'web', ['10.42.0.1']))
    await becomes('web', '10.42.0.1')
    assert.match(told(server).at(-1)!, /^\[INFO\] plugin\/kubernetes: following serviceimports again after /)
  })

  it('for a while is answered for from what is known, and what has changed is found when it is installed again', async t => {
    const { api, server, becomes } = await bootMulticluster(t)
    const before = imports(api)
    api.withdraw(RESOURCE)
    await until(() => imports(api) > before + 5)
    assert.equal(await answerOf(server, importName('web')), '10.42.0.1')
    api.delete('ServiceImport', 'db', SPACE)
    api.apply(serviceImport(SPACE, 'web', ['10.42.0.9']))
    api.install(RESOURCE)
    await becomes('web', '10.42.0.9')
    await becomes('db', 'NXDOMAIN')
  })

  const ways: [how: string, lose: (api: FakeApiServer) => void, answer: string][] = [
    ['whose CRD is removed has none any more', api => api.uninstall(RESOURCE), 'NXDOMAIN'],
    [
      'that does not serve them any more is answered for from what is known',
      api => api.withdraw(RESOURCE),
      '10.42.0.1',
    ],
  ]
  for (const [how, lose, answer] of ways) {
    it(`${how}, and that is no reason to be unready, whatever max_age is`, async t => {
      const port = await freePort()
      let passedMs = 0
      const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + passedMs }
      const directives = `ready 127.0.0.1:${port} {\nmax_age 5m\n}`
      const { api, server, becomes } = await bootMulticluster(t, { directives, clock })
      const before = imports(api)
      lose(api)
      await becomes('web', answer)
      await until(() => imports(api) > before)
      passedMs += 301_000
      await until(async () => (await (await fetch(`http://127.0.0.1:${port}/ready`)).text()) === 'OK')
      assert.equal(await answerOf(server, importName('web')), answer)
      assert.equal(await answerOf(server, STABLE_NAME), STABLE_ADDRESS)
      assert.match(told(server)[0]!, /cannot follow serviceimports: 404 Not Found: install the ServiceImport CRD/)
    })
  }

  it('has none after a restart with a snapshot either, once it can be reached', async t => {
    const directory = mkdtempSync(join(tmpdir(), 'nodens-snapshot-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const file = join(directory, 'snapshot')
    const lines = `snapshot ${file}\nstartup_timeout 50ms`
    const { api, server } = await bootMulticluster(t, { lines })
    await until(() => followed(server) === OTHER_RESOURCES + 1)
    await server.close()
    await api.refuse()
    api.uninstall(RESOURCE)
    const again = await bootLive(t, api.url, { ...MULTICLUSTER, lines: `${MULTICLUSTER.lines}\n${lines}` })
    assert.equal(await answerOf(again, importName('web')), '10.42.0.1')
    await api.accept()
    await until(async () => (await answerOf(again, importName('web'))) === 'NXDOMAIN')
    assert.equal(await answerOf(again, importName('db')), 'NXDOMAIN')
    assert.equal(await answerOf(again, STABLE_NAME), STABLE_ADDRESS)
    await until(() => followed(again) === OTHER_RESOURCES)
    rmSync(file)
    await again.close()
    assert.ok(existsSync(file), 'what the API server has is known, and saved')
  })

  it('is not one that forbids them: then names are SERVFAIL that are not known', async t => {
    const forbid = (api: FakeApiServer): void => {
      for (const verb of ['list', 'watch']) api.access.deny(verb, 'serviceimports.multicluster.x-k8s.io')
    }
    const { api, server, becomes } = await bootMulticluster(t, { lines: 'startup_timeout 50ms' }, forbid)
    assert.equal(await answerOf(server, importName('web')), 'SERVFAIL')
    assert.equal(await answerOf(server, STABLE_NAME), STABLE_ADDRESS)
    await until(() => told(server).length > 0)
    assert.match(told(server)[0]!, /cannot follow serviceimports: 403 serviceimports is forbidden/)
    api.access.allowAll()
    await becomes('web', '10.42.0.1')
  })
})
