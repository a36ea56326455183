import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { captureLines } from '#lib/output.ts'
import type { ProcessControl } from '#plugin/env.ts'
import { pluginLogger } from '#plugin/log.ts'
import { MetricRegistry } from '#plugin/metrics.ts'
import { reloadMetrics } from '#plugins/reload/metrics.ts'
import { Watcher } from '#plugins/reload/watcher.ts'

/** A process whose Corefile is what the test says. */
class FakeControl implements ProcessControl {
  configurationHash = 'aa'
  file: string | Error = 'aa'
  reloads = 0
  failure: Error | null = null

  fatal(): void {}

  async readHash(): Promise<string> {
    if (this.file instanceof Error) throw this.file
    return this.file
  }

  async reload(): Promise<void> {
    this.reloads++
    if (this.failure !== null) throw this.failure
    this.configurationHash = this.file as string
  }
}

describe('reload', () => {
  const lines: string[] = []
  let release = (): void => {}
  let control: FakeControl
  let registry: MetricRegistry
  let watcher: Watcher

  beforeEach(() => {
    mock.timers.enable({ apis: ['setInterval'] })
    lines.length = 0
    release = captureLines(line => lines.push(line))
    control = new FakeControl()
    registry = new MetricRegistry()
    watcher = new Watcher({ intervalMs: 2000, jitterMs: 0 }, control, reloadMetrics(registry), pluginLogger('reload'))
    watcher.start()
  })

  afterEach(() => {
    watcher.stop()
    mock.timers.reset()
    release()
  })

  async function pass(ms: number): Promise<void> {
    mock.timers.tick(ms)
    await new Promise(resolve => setImmediate(resolve))
  }

  it('says which configuration runs', () => {
    assert.deepEqual(lines, ['[INFO] plugin/reload: Running configuration SHA512 = aa'])
    assert.match(registry.expose(), /^coredns_reload_version_info\{hash="sha512",value="aa"\} 1$/m)
  })

  it('does nothing while the file stays the same', async () => {
    await pass(2000)
    assert.equal(control.reloads, 0)
  })

  it('reloads, once an interval has passed, what has changed', async () => {
    control.file = 'bb'
    await pass(1999)
    assert.equal(control.reloads, 0)
    await pass(1)
    assert.equal(control.reloads, 1)
    await pass(2000)
    assert.equal(control.reloads, 1)
  })

  it('warns of a file that cannot be read and goes on', async () => {
    control.file = new Error('Corefile:1 - Error during parsing: Unknown directive')
    await pass(2000)
    assert.equal(
      lines.at(-1),
      '[WARNING] plugin/reload: Corefile parse failed: Corefile:1 - Error during parsing: Unknown directive',
    )
    assert.match(registry.expose(), /^coredns_reload_failed_total 0$/m)
    control.file = 'bb'
    await pass(2000)
    assert.equal(control.reloads, 1)
  })

  it('tries content that fails once, and counts it', async () => {
    control.file = 'bb'
    control.failure = new Error('address in use')
    await pass(2000)
    await pass(2000)
    assert.equal(control.reloads, 1)
    assert.equal(lines.at(-1), '[ERROR] plugin/reload: Corefile changed but reload failed: address in use')
    assert.match(registry.expose(), /^coredns_reload_failed_total 1$/m)
    assert.match(registry.expose(), /^coredns_reload_version_info\{hash="sha512",value="aa"\} 1$/m)
    control.file = 'cc'
    control.failure = null
    await pass(2000)
    assert.equal(control.reloads, 2)
  })

  it('does not reload when failed content was taken back', async () => {
    control.file = 'bb'
    control.failure = new Error('address in use')
    await pass(2000)
    control.file = 'aa'
    await pass(2000)
    assert.equal(control.reloads, 1)
  })

  it('looks no more once it was stopped', async () => {
    watcher.stop()
    control.file = 'bb'
    await pass(10_000)
    assert.equal(control.reloads, 0)
  })

  it('exports one version only', () => {
    const next = new FakeControl()
    next.configurationHash = 'bb'
    const later = new Watcher({ intervalMs: 2000, jitterMs: 0 }, next, reloadMetrics(registry), pluginLogger('reload'))
    later.start()
    later.stop()
    assert.deepEqual(registry.expose().match(/value="\w+"/g), ['value="bb"'])
  })

  it('changes the interval by up to half the jitter', () => {
    const delays = mock.method(globalThis, 'setInterval')
    for (let i = 0; i < 50; i++) {
      const jittered = new Watcher(
        { intervalMs: 30_000, jitterMs: 15_000 },
        control,
        reloadMetrics(registry),
        pluginLogger('reload'),
      )
      jittered.start()
      jittered.stop()
    }
    const chosen = delays.mock.calls.map(call => call.arguments[1]!)
    delays.mock.restore()
    assert.ok(chosen.every(delay => delay >= 22_500 && delay <= 37_500))
    assert.ok(new Set(chosen).size > 1)
  })
})
