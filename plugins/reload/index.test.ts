import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { captureLines } from '#lib/output.ts'
import { reload } from '#plugins/reload/index.ts'
import { buildPlugin } from '#test/support/plugin.ts'

describe('the directive reload', () => {
  const options: [text: string, intervalMs: number, jitterMs: number][] = [
    ['reload', 30_000, 15_000],
    ['reload 2s', 2000, 1000],
    ['reload 10s 0s', 10_000, 0],
    ['reload 1m 2s', 60_000, 2000],
    ['reload 1m 45s', 60_000, 30_000],
    ['reload 1m 2s\nreload 5s', 60_000, 2000],
  ]
  for (const [text, intervalMs, jitterMs] of options) {
    it(`reads '${text.replace('\n', ' ')}'`, () => {
      const { plan } = buildPlugin(reload, text).instance
      assert.deepEqual(plan.blocks[0]!.plugins[0]!.options, { intervalMs, jitterMs })
    })
  }

  it('lets the process look at the file once, however many blocks use it', async () => {
    const lines: string[] = []
    const release = captureLines(line => lines.push(line))
    const { instance } = buildPlugin(reload, 'reload 2s\n}\na.example {\nreload 3s\n}\nb.example {\nreload 4s')
    await instance.hooks.runAll('serving')
    await instance.hooks.runAll('shutdown')
    release()
    assert.equal(lines.length, 1)
  })
})
