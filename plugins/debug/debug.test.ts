import assert from 'node:assert/strict'
import { it } from 'node:test'
import { debug } from '#plugins/debug/index.ts'
import { buildPlugin } from '#test/support/plugin.ts'

it('debug marks its server block', () => {
  const [first, second] = buildPlugin(debug, 'debug\n}\na.example {').instance.plan.blocks
  assert.equal(first!.settings.debug, true)
  assert.equal(second!.settings.debug, false)
})
