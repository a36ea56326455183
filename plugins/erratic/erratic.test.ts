import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readiness } from '#plugin/capability.ts'
import type { PluginDefinition } from '#plugin/define.ts'
import type { PluginEnv } from '#plugin/env.ts'
import type { Reply } from '#plugin/reply.ts'
import { SINGLE_THREAD } from '#plugin/threads.ts'
import { erratic } from '#plugins/erratic/index.ts'
import type { ErraticOptions } from '#plugins/erratic/options.ts'
import { buildPlugin, makeQuery, showReply } from '#test/support/plugin.ts'

const A = 'answer a.example. 0 IN A 192.0.2.53'

async function ask(text: string, count: number, type = 'A', tcp = false): Promise<string[]> {
  const { handler } = buildPlugin(erratic, text)
  const shown: string[] = []
  for (let i = 0; i < count; i++) shown.push(showReply(await handler(makeQuery('a.example', type, { tcp }))))
  return shown
}

test('every second query is dropped, the first one to begin with', async () => {
  assert.deepEqual(await ask('erratic', 4), ['dropped', `NOERROR aa\n${A}`, 'dropped', `NOERROR aa\n${A}`])
})

test('drop N', async () => {
  assert.deepEqual(
    (await ask('erratic {\ndrop 3\n}', 4)).map(text => text === 'dropped'),
    [true, false, false, true],
  )
})

test('drop 0 drops nothing', async () => {
  assert.deepEqual(await ask('erratic {\ndrop 0\n}', 2), [`NOERROR aa\n${A}`, `NOERROR aa\n${A}`])
})

test('truncate N sets TC on every Nth', async () => {
  assert.deepEqual(
    (await ask('erratic {\ntruncate 3\n}', 4)).map(text => text.startsWith('NOERROR aa tc')),
    [true, false, false, true],
  )
})

test('delay N DUR', async () => {
  const { handler } = buildPlugin(erratic, 'erratic {\ndelay 2 1ms\n}')
  const answers = [handler(makeQuery('a.example', 'A')), handler(makeQuery('a.example', 'A'))]
  assert.deepEqual(
    answers.map(answer => answer instanceof Promise),
    [true, false],
  )
  assert.equal(showReply(await answers[0]!), `NOERROR aa\n${A}`)
})

test('large answers', async () => {
  const { handler } = buildPlugin(erratic, 'erratic {\ndrop 0\nlarge\n}')
  assert.equal((handler(makeQuery('a.example', 'A')) as Reply).answer.length, 29)
})

test('AAAA, a zone to transfer, and failure for other types', async () => {
  const [, aaaa] = await ask('erratic', 2, 'AAAA')
  assert.equal(aaaa, 'NOERROR aa\nanswer a.example. 0 IN AAAA 2001:db8::53')
  const { handler } = buildPlugin(erratic, 'erratic {\ndrop 0\n}')
  const types = (handler(makeQuery('a.example', 'AXFR', { tcp: true })) as Reply).answer.map(record => record.type)
  assert.deepEqual(types, [6, 1, 28, 6])
  assert.equal((await ask('erratic', 2, 'AXFR'))[1], 'SERVFAIL bare')
  assert.equal((await ask('erratic', 2, 'MX'))[1], 'SERVFAIL bare')
})

test('it is ready after three and four queries only', () => {
  let ready = () => false
  const env = {
    threads: SINGLE_THREAD,
    provide: (capability: unknown, value: { ready(): boolean }) => {
      if (capability === readiness) ready = value.ready
    },
  } as unknown as PluginEnv
  const { build } = erratic as PluginDefinition<ErraticOptions>
  const options = { dropEvery: 0, delayEvery: 0, delayMs: 0, truncateEvery: 0, large: false }
  const handler = build!(options, () => assert.fail('the end of a chain'), env)!
  const states = Array.from({ length: 6 }, () => {
    const state = ready()
    handler(makeQuery('a.example', 'A'))
    return state
  })
  assert.deepEqual(states, [false, false, false, true, true, false])
})
