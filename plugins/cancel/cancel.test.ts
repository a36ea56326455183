import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import { cancel } from '#plugins/cancel/index.ts'
import { buildPlugin, makeQuery } from '#test/support/plugin.ts'

const made = reply('next', {})
const timers = () => process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length

test('later plugins see the deadline: 5.001 seconds, or what was given', () => {
  for (const [text, ms] of [
    ['cancel', 5001],
    ['cancel 250ms', 250],
  ] as const) {
    const plugin = buildPlugin(cancel, text, { next: () => made })
    const nowMs = plugin.clock.nowMs()
    plugin.handler(makeQuery('a.example', 'A'))
    assert.equal(plugin.nextQueries[0]!.deadlineMs, nowMs + ms)
  }
})

test('an earlier deadline stays', () => {
  const plugin = buildPlugin(cancel, 'cancel 1s', { next: () => made })
  const query = makeQuery('a.example', 'A')
  query.deadlineMs = plugin.clock.nowMs() + 10
  plugin.handler(query)
  assert.equal(query.deadlineMs, plugin.clock.nowMs() + 10)
})

test('a reply at hand is handed on at once', () => {
  assert.equal(buildPlugin(cancel, 'cancel', { next: () => made }).handler(makeQuery('a.example', 'A')), made)
})

test('a promised reply in time is handed on, and no timer stays', async () => {
  const before = timers()
  const answer = buildPlugin(cancel, 'cancel 1h', { next: async () => made }).handler(makeQuery('a.example', 'A'))
  assert.equal(await answer, made)
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(timers(), before)
})

test('a reply that does not come is a SERVFAIL at the deadline', async () => {
  const silent = () => new Promise<Reply>(() => {})
  const answer = await buildPlugin(cancel, 'cancel 1ms', { next: silent }).handler(makeQuery('a.example', 'A'))
  assert.deepEqual([answer.rcode, answer.error?.message], [2, 'context deadline exceeded'])
})

test('a failure of the chain is passed on', async () => {
  const broken = () => Promise.reject(new Error('broken'))
  await assert.rejects(
    async () => buildPlugin(cancel, 'cancel', { next: broken }).handler(makeQuery('a.example', 'A')),
    /broken/,
  )
})
