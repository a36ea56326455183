import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { DB, follow, NAMESPACE, SOA, serve, service, show, slice, WEB, web } from '#test/support/followed-cluster.ts'
import { until } from '#test/support/until.ts'

const OBJECTS = [
  NAMESPACE,
  web,
  service('db', { clusterIP: 'None' }),
  { ...slice('db-1', 'db', []), endpoints: [{ addresses: ['10.1.0.1'], zone: 'z1' }] },
]
const NOPE = 'nope.shop.svc.cluster.local.'

/** A server that is gone, and the snapshot file that a plugin left which had followed it. */
async function snapshotOf(t: TestContext, lines = ''): Promise<{ server: FakeApiServer; file: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-snapshot-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'snapshot')
  const server = await serve(t, OBJECTS)
  const plugin = await follow(t, server, { lines: `snapshot ${file}\n${lines}` })
  await plugin.instance.hooks.run('shutdown')
  await server.refuse()
  return { server, file }
}

describe('a snapshot', () => {
  it('answers after a restart while there is no API server, and gives way to it', async t => {
    const { server, file } = await snapshotOf(t)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const plugin = await follow(t, server, { lines: `snapshot ${file}\nstartup_timeout 20ms` })
    assert.deepEqual(await show(plugin, WEB), ['NOERROR aa', `answer ${WEB} 5 IN A 10.0.0.1`])
    assert.deepEqual(await show(plugin, DB), ['NOERROR aa', `answer ${DB} 5 IN A 10.1.0.1`])
    assert.deepEqual(await show(plugin, NOPE), ['NXDOMAIN aa', SOA])
    assert.ok(plugin.log.includes(`[WARNING] plugin/kubernetes: answering from the snapshot ${file}, 0s old`))
    server.delete('Service', 'db', 'shop')
    await server.accept()
    await until(async () => (await show(plugin, DB))[0] === 'NXDOMAIN aa')
    assert.deepEqual(await show(plugin, WEB), ['NOERROR aa', `answer ${WEB} 5 IN A 10.0.0.1`])
  })

  it('is not looked at when there is an API server', async t => {
    const { server, file } = await snapshotOf(t)
    server.delete('Service', 'web', 'shop')
    await server.accept()
    const plugin = await follow(t, server, { lines: `snapshot ${file}` })
    assert.deepEqual(await show(plugin, WEB), ['NXDOMAIN aa', SOA])
    assert.deepEqual(plugin.log, [])
  })

  for (const [what, change] of [
    ['damaged', (text: string) => text.replace('10.0.0.1', '10.0.0.9')],
    ['cut off', (text: string) => text.slice(0, -100)],
    ['empty', () => ''],
  ] as const) {
    it(`that is ${what} is a clean start`, async t => {
      const { server, file } = await snapshotOf(t)
      writeFileSync(file, change(readFileSync(file, 'utf8')))
      const plugin = await follow(t, server, { lines: `snapshot ${file}\nstartup_timeout 20ms` })
      assert.deepEqual(await show(plugin, WEB), ['SERVFAIL aa', SOA.replace('1767225600', '0')])
      assert.ok(plugin.log.includes(`[WARNING] plugin/kubernetes: the snapshot ${file} is not used: it is damaged`))
    })
  }

  it('has the topology zones of endpoints', async t => {
    const { server, file } = await snapshotOf(t, 'zonal')
    const plugin = await follow(t, server, { lines: `snapshot ${file}\nstartup_timeout 20ms\nzonal` })
    assert.deepEqual(await show(plugin, `z1.pin._zone.${DB}`), [
      'NOERROR aa',
      `answer z1.pin._zone.${DB} 5 IN A 10.1.0.1`,
    ])
    assert.deepEqual(await show(plugin, `z2.pin._zone.${DB}`), ['NOERROR aa', SOA])
  })

  for (const other of ['labels app=web', 'zonal'])
    it(`of other options is not used: ${other}`, async t => {
      const { server, file } = await snapshotOf(t, other)
      const plugin = await follow(t, server, { lines: `snapshot ${file}\nstartup_timeout 20ms` })
      assert.equal((await show(plugin, WEB))[0], 'SERVFAIL aa')
      assert.ok(plugin.log.some(line => line.endsWith('it is of another cluster, or of other options')))
    })

  it('is good for its time only', async t => {
    const { server, file } = await snapshotOf(t)
    const plugin = await follow(t, server, { lines: `snapshot ${file} 1s\nstartup_timeout 20ms` })
    assert.equal((await show(plugin, WEB))[0], 'NOERROR aa')
    await until(async () => (await show(plugin, WEB))[0] === 'SERVFAIL aa')
    await server.accept()
    await until(async () => (await show(plugin, WEB))[0] === 'NOERROR aa')
  })

  it('that cannot be saved costs a warning', async t => {
    const server = await serve(t, OBJECTS)
    const plugin = await follow(t, server, { lines: 'snapshot /nowhere/snapshot' })
    await plugin.instance.hooks.run('shutdown')
    assert.deepEqual(plugin.log, ['[WARNING] plugin/kubernetes: cannot save the snapshot /nowhere/snapshot: ENOENT'])
    assert.equal(existsSync('/nowhere'), false)
  })
})
