import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReplyParts } from '#plugin/reply.ts'
import { Delivery, failure, reply } from '#plugin/reply.ts'
import { name } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

const records = [new ResourceRecord(name('a.example'), 1, 1, 60, new Uint8Array(4))]
const parts: Required<ReplyParts> = {
  rcode: 3,
  flags: 0x400,
  answer: records,
  authority: records,
  additional: records,
  options: [{ code: 3, data: new Uint8Array() }],
  uniformTtlSeconds: 7,
  error: new Error('x'),
}

test('with changes the parts that are given, to what is falsy too, and keeps the others', () => {
  const full = reply('test', parts)
  assert.deepEqual({ ...full.with({}) }, { ...full })
  const empty: Required<ReplyParts> = {
    rcode: 0,
    flags: 0,
    answer: [],
    authority: [],
    additional: [],
    options: [],
    uniformTtlSeconds: 0,
    error: null,
  }
  for (const key of Object.keys(parts) as (keyof ReplyParts)[]) {
    assert.deepEqual({ ...full.with({ [key]: empty[key] }) }, { ...full, [key]: empty[key] })
  }
})

test('with keeps the author, and a bare reply bare', () => {
  assert.equal(reply('test', {}).with({ rcode: 5 }).author, 'test')
  assert.equal(failure(2).with({ rcode: 5 }).delivery, Delivery.BARE)
})
