import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import { any } from '#plugins/any/index.ts'
import { buildPlugin, makeQuery, showReply } from '#test/support/plugin.ts'

const { handler } = buildPlugin(any, 'any', { next: () => reply('next', { rcode: 5 }) })

test('ANY gets one HINFO record (RFC 8482)', () => {
  const shown = showReply(handler(makeQuery('Example.org', 'ANY')) as Reply)
  assert.equal(shown, 'NOERROR\nanswer Example.org. 8482 IN HINFO "ANY obsoleted" "See RFC 8482"')
})

test('other types pass', () => {
  for (const type of ['A', 'HINFO']) assert.equal((handler(makeQuery('example.org', type)) as Reply).rcode, 5)
})
