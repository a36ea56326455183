import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { reply } from '#plugin/reply.ts'
import { kubernetes } from '#plugins/kubernetes/index.ts'
import { clusterDirectory, S, SOA } from '#test/support/kubernetes.ts'
import { buildPlugin, makeQuery, showReply } from '#test/support/plugin.ts'
import { Class, Rcode } from '#wire/constants.ts'

describe('kubernetes', () => {
  let directory = ''
  before(() => {
    directory = clusterDirectory()
  })
  after(() => rmSync(directory, { recursive: true }))

  const text = (path = directory): string => `kubernetes cluster.local {\nmanifests ${path}\n}`

  it('answers SERVFAIL for a name that it does not know yet, until everything has been read', async () => {
    const plugin = buildPlugin(kubernetes, text())
    const before = await plugin.handler(makeQuery(`svc1.${S}`, 'A'))
    assert.deepEqual(showReply(before).split('\n'), ['SERVFAIL aa', SOA().replace('1767225600', '0')])
    await plugin.instance.hooks.run('startup')
    assert.equal((await plugin.handler(makeQuery(`svc1.${S}`, 'A'))).rcode, Rcode.NOERROR)
    await plugin.instance.hooks.run('shutdown')
  })

  it('passes classes other than IN on', async () => {
    const plugin = buildPlugin(kubernetes, text(), { next: () => reply('next', {}) })
    const query = makeQuery(`svc1.${S}`, 'A', { class: Class.CH })
    assert.notEqual((await plugin.handler(query)).author, 'kubernetes')
  })

  it('does not start when a path leads nowhere', async () => {
    const plugin = buildPlugin(kubernetes, text('/nowhere/at/all'))
    await assert.rejects(
      Promise.resolve(plugin.instance.hooks.run('startup')),
      /cannot read manifests \/nowhere\/at\/all: ENOENT: create it, or correct the option 'manifests'/,
    )
  })

  it('does not go on for ever when the server leads an ExternalName back to it', async () => {
    const zones = 'a.test b.test'
    const plugin = buildPlugin(kubernetes, `kubernetes ${zones} {\nmanifests ${directory}/cross.yaml\n}`)
    const external = (name: string, zone: string): string =>
      `{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { type: ExternalName, externalName: ${zone} } }`
    writeFileSync(
      join(directory, 'cross.yaml'),
      `${external('x', 'y.default.svc.b.test')}\n---\n${external('y', 'x.default.svc.a.test')}\n`,
    )
    await plugin.instance.hooks.run('startup')
    const answer = await plugin.handler(makeQuery('x.default.svc.a.test', 'A'))
    assert.equal(answer.answer.length, 10)
    await plugin.instance.hooks.run('shutdown')
    rmSync(join(directory, 'cross.yaml'))
  })
})
