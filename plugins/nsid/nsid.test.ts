import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import { nsid } from '#plugins/nsid/index.ts'
import type { QueryParts } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery } from '#test/support/plugin.ts'
import { OptionCode } from '#wire/constants.ts'

const asked: QueryParts = { options: [{ code: OptionCode.NSID, data: new Uint8Array() }] }
const made = reply('next', {})

function ask(text: string, parts: QueryParts): Reply {
  return buildPlugin(nsid, text, { next: () => made }).handler(makeQuery('a.example', 'A', parts)) as Reply
}

const cases: [text: string, data: string][] = [
  ['nsid', hostname()],
  ['nsid dns-1', 'dns-1'],
  ['nsid Use The Force', 'Use The Force'],
]
for (const [text, data] of cases) {
  test(`${text}: the reply says ${JSON.stringify(data)}`, () => {
    const [option, ...more] = ask(text, asked).options
    assert.deepEqual([option!.code, Buffer.from(option!.data).toString(), more.length], [OptionCode.NSID, data, 0])
  })
}

test('without the option in the query there is none in the reply (RFC 5001)', () => {
  assert.equal(ask('nsid x', {}), made)
  assert.equal(ask('nsid x', { options: [{ code: OptionCode.COOKIE, data: new Uint8Array(8) }] }), made)
  assert.equal(ask('nsid x', { edns: false }), made)
})
