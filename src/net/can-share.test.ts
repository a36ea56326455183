import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canShareAddresses } from '#net/can-share.ts'

for (const [version, can] of [
  ['20.20.2', false],
  ['22.11.0', false],
  ['22.12.0', true],
  ['23.0.0', false],
  ['23.1.0', true],
  ['24.0.0', true],
  ['26.10.0', true],
] as const) {
  test(`Node ${version} ${can ? 'lets' : 'does not let'} sockets share an address`, () => {
    assert.equal(canShareAddresses(version), can)
  })
}
