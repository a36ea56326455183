import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReplyParts } from '#plugin/reply.ts'
import { Delivery, failure, reply } from '#plugin/reply.ts'

/** The names of all parts, and a reply in which each has a value of its own: `with` does not look at them. */
const names = Object.keys(reply('test', {})).filter(name => name !== 'delivery' && name !== 'author')
const parts = Object.fromEntries(names.map((name, index) => [name, 100 + index])) as ReplyParts

test('with changes the part that is given, and keeps the others', () => {
  const full = reply('test', parts)
  assert.deepEqual({ ...full.with({}) }, { ...full })
  for (const name of names) {
    assert.deepEqual({ ...full.with({ [name]: 1 }) }, { ...full, [name]: 1 })
  }
})

test('with changes to what is falsy, too', () => {
  const full = reply('test', { rcode: 3, flags: 0x400, uniformTtlSeconds: 7, error: new Error('x') })
  const changed = full.with({ rcode: 0, flags: 0, uniformTtlSeconds: 0, error: null })
  assert.deepEqual([changed.rcode, changed.flags, changed.uniformTtlSeconds, changed.error], [0, 0, 0, null])
})

test('with keeps the author, and a bare reply bare', () => {
  assert.equal(reply('test', {}).with({ rcode: 5 }).author, 'test')
  assert.equal(failure(2).with({ rcode: 5 }).delivery, Delivery.BARE)
})
