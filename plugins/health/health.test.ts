import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { captureLines } from '#lib/output.ts'
import { health } from '#plugins/health/index.ts'
import { buildPlugin } from '#test/support/plugin.ts'

describe('health', () => {
  let lines: string[] = []
  let release = (): void => {}

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
    lines = []
    release = captureLines(line => lines.push(line))
  })

  afterEach(() => {
    mock.timers.reset()
    release()
  })

  it('answers /health with OK from the start to the end of the configuration', async () => {
    const { instance, http } = buildPlugin(health, 'health')
    await instance.hooks.run('startup')
    assert.deepEqual(await http.get(':8080/health'), { status: 200, body: 'OK' })
    await instance.hooks.runAll('finalShutdown')
    assert.equal((await http.get(':8080/health')).status, 200)
    await instance.hooks.runAll('shutdown')
    assert.equal(http.claims.size, 0)
  })

  it('listens where it is told to', async () => {
    const { instance, http } = buildPlugin(health, 'health 127.0.0.1:8090')
    await instance.hooks.run('startup')
    await instance.hooks.runAll('shutdown')
    await instance.hooks.run('startup')
    assert.deepEqual([...http.claims.keys()], ['127.0.0.1:8090/health'])
    await instance.hooks.runAll('shutdown')
  })

  it('holds the end of the process up for the lameduck time, while it still answers', async () => {
    const { instance, http } = buildPlugin(health, 'health {\nlameduck 5s\n}')
    await instance.hooks.run('startup')
    let ended = false
    const end = instance.hooks.runAll('finalShutdown').then(() => {
      ended = true
    })
    await new Promise(resolve => setImmediate(resolve))
    assert.deepEqual(lines, ['[INFO] plugin/health: Going into lameduck mode for 5s'])
    mock.timers.tick(4999)
    await new Promise(resolve => setImmediate(resolve))
    assert.equal(ended, false)
    assert.equal((await http.get(':8080/health')).status, 200)
    mock.timers.tick(1)
    await end
    await instance.hooks.runAll('shutdown')
  })

  it('can be shut down when it was never started', async () => {
    const { instance } = buildPlugin(health, 'health')
    assert.deepEqual(await instance.hooks.runAll('shutdown'), [])
  })
})
