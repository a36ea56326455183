import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rcodeLabel } from '#plugin/rcode-label.ts'
import { Rcode } from '#wire/constants.ts'

test('all response codes together make no more labels than there are mnemonics, and one', () => {
  const labels = new Set(Array.from({ length: 4096 }, (_, rcode) => rcodeLabel(rcode)))
  assert.deepEqual([...labels].sort(), [...Object.keys(Rcode), 'other'].sort())
})
