import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { captureLines } from '#lib/output.ts'
import type { Followed } from '#plugin/capability.ts'
import { followedSources, readiness } from '#plugin/capability.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { ready } from '#plugins/ready/index.ts'
import { buildPlugin } from '#test/support/plugin.ts'

/** A plugin whose readiness is what `states` says under its name. */
function stateful(name: string, states: Map<string, boolean>): AnyPlugin {
  return definePlugin<null>({
    name,
    once: true,
    parse: () => null,
    build(_options, next, env) {
      env.provide(readiness, { plugin: name, ready: () => states.get(name)! })
      return next
    },
  })
}

/** A plugin that is ready and follows `things`. */
function following(name: string, things: Map<string, Followed>): AnyPlugin {
  return definePlugin<null>({
    name,
    once: true,
    parse: () => null,
    build(_options, next, env) {
      env.provide(readiness, { plugin: name, ready: () => true })
      env.provide(followedSources, { plugin: name, followed: () => [...things.values()] })
      return next
    },
  })
}

describe('ready', () => {
  const lines: string[] = []
  let release = (): void => {}

  beforeEach(() => {
    lines.length = 0
    release = captureLines(line => lines.push(line))
  })

  afterEach(() => release())

  async function start(text: string, states: Map<string, boolean>) {
    const plugins = ['kubernetes', 'erratic'].map(name => stateful(name, states))
    const { instance, http } = buildPlugin(ready, text, { plugins })
    await instance.hooks.run('startup')
    return { instance, get: () => http.get(':8181/ready') }
  }

  it('answers 200 when nothing has to get ready', async () => {
    const { get } = await start('ready', new Map())
    assert.deepEqual(await get(), { status: 200, body: 'OK' })
  })

  it('answers 503 and names, sorted, what is not ready', async () => {
    const states = new Map([
      ['kubernetes', false],
      ['erratic', false],
    ])
    const { get } = await start('ready\nkubernetes\nerratic', states)
    assert.deepEqual(await get(), { status: 503, body: 'erratic,kubernetes' })
    assert.deepEqual(lines, ['[INFO] plugin/ready: Plugins not ready: "erratic,kubernetes"'])
    states.set('erratic', true)
    assert.deepEqual(await get(), { status: 503, body: 'kubernetes' })
    states.set('kubernetes', true)
    assert.deepEqual(await get(), { status: 200, body: 'OK' })
  })

  const monitors: [text: string, expected: number][] = [
    ['ready\nkubernetes', 200],
    ['ready {\nmonitor until-ready\n}\nkubernetes', 200],
    ['ready {\nmonitor continuously\n}\nkubernetes', 503],
  ]
  for (const [text, expected] of monitors) {
    it(`answers ${expected} for a plugin that no longer is with '${text.split('\n').join(' ')}'`, async () => {
      const states = new Map([['kubernetes', true]])
      const { get } = await start(text, states)
      assert.equal((await get()).status, 200)
      states.set('kubernetes', false)
      assert.equal((await get()).status, expected)
    })
  }

  it('speaks for all blocks that use it, and for no other', async () => {
    const states = new Map([
      ['kubernetes', true],
      ['erratic', false],
    ])
    const blocks = 'ready\nkubernetes\n}\na.example {\nkubernetes\n}\nb.example {\nready\nkubernetes'
    const { get } = await start(blocks, states)
    assert.equal((await get()).status, 200)
    const withErratic = await start('ready\n}\na.example {\nready\nerratic', states)
    assert.deepEqual(await withErratic.get(), { status: 503, body: 'erratic' })
    const without = await start('ready\n}\na.example {\nerratic', states)
    assert.equal((await without.get()).status, 200)
  })

  async function startFollowing(text: string, ...things: Followed[]) {
    const followed = new Map(things.map(each => [each.what, each]))
    const { instance, http } = buildPlugin(ready, text, { plugins: [following('kubernetes', followed)] })
    await instance.hooks.run('startup')
    return { followed, get: () => http.get(':8181/ready') }
  }
  const SERVICES: Followed = { what: 'services', version: '12', ageMs: 300_000 }
  const PODS: Followed = { what: 'pods', version: '', ageMs: 61_999 }

  it('does not look at ages, and tells no details, unless it is asked to', async () => {
    const { get } = await startFollowing('ready\nkubernetes', { ...SERVICES, ageMs: 1e9 })
    assert.deepEqual(await get(), { status: 200, body: 'OK' })
  })

  for (const monitor of ['until-ready', 'continuously']) {
    it(`answers 503 and the reason while something is older than max_age, with monitor ${monitor}`, async () => {
      const text = `ready {\nmonitor ${monitor}\nmax_age 5m\n}\nkubernetes`
      const { get, followed } = await startFollowing(text, SERVICES, PODS)
      assert.deepEqual(await get(), { status: 200, body: 'OK' })
      followed.set('services', { ...SERVICES, ageMs: 300_001 })
      const reason = 'kubernetes: nothing heard of services for 5m0s'
      assert.deepEqual(await get(), { status: 503, body: `kubernetes\n${reason}` })
      assert.deepEqual(lines, [
        '[INFO] plugin/ready: Plugins not ready: "kubernetes"',
        `[INFO] plugin/ready: ${reason}`,
      ])
      followed.set('services', { ...SERVICES, ageMs: 0 })
      assert.deepEqual(await get(), { status: 200, body: 'OK' })
    })
  }

  it('tells with details what is followed, below the line that is always there', async () => {
    const { get, followed } = await startFollowing('ready {\ndetails\nmax_age 6m\n}\nkubernetes', SERVICES, PODS)
    const pods = 'kubernetes: pods at version unknown, last heard of 1m1s ago'
    assert.deepEqual(await get(), {
      status: 200,
      body: `OK\nkubernetes: services at version 12, last heard of 5m0s ago\n${pods}`,
    })
    followed.set('services', { what: 'services', version: '13', ageMs: 361_000 })
    assert.deepEqual(await get(), {
      status: 503,
      body: [
        'kubernetes',
        'kubernetes: nothing heard of services for 6m1s',
        'kubernetes: services at version 13, last heard of 6m1s ago',
        pods,
      ].join('\n'),
    })
  })

  it('holds a max_age against the plugins of its own block', async () => {
    const blocks = (first: string, second: string) => `ready ${first}\n}\na.example {\nready ${second}\nkubernetes`
    const limit = '{\nmax_age 1m\n}'
    assert.equal((await (await startFollowing(blocks(limit, ''), SERVICES)).get()).status, 200)
    assert.equal((await (await startFollowing(blocks('', limit), SERVICES)).get()).status, 503)
  })

  it('answers 503 while the process ends', async () => {
    const { instance, get } = await start('ready', new Map())
    await instance.hooks.runAll('finalShutdown')
    assert.deepEqual(await get(), { status: 503, body: 'Shutting down' })
    await instance.hooks.runAll('shutdown')
    await assert.rejects(get())
  })
})
