import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { serviceImport } from '#test/support/api-server/cluster.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { answerOf, nameOf, SPACE, STABLE } from '#test/support/live-cluster.ts'
import { bootMulticluster, heardAgo, importName } from '#test/support/multicluster.ts'
import type { TestServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'

const STABLE_NAME = nameOf('stable-0')
const STABLE_ADDRESS = STABLE.get(STABLE_NAME)!
const RESOURCE = 'serviceimports'

describe('an API server without the CRD of ServiceImports', () => {
  const imports = (api: FakeApiServer): number => api.requests.filter(({ path }) => path.includes(RESOURCE)).length
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

  it('that does not serve them any more is answered for from what is known', async t => {
    const { api, server } = await bootMulticluster(t)
    const before = imports(api)
    api.withdraw(RESOURCE)
    await until(() => imports(api) > before + 5)
    assert.equal(await answerOf(server, importName('web')), '10.42.0.1')
    api.apply(serviceImport(SPACE, 'web', ['10.42.0.9']))
    api.install(RESOURCE)
    await until(async () => (await answerOf(server, importName('web'))) === '10.42.0.9')
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
