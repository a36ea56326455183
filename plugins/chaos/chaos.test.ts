import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { VERSION } from '#lib/version.ts'
import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import { chaos } from '#plugins/chaos/index.ts'
import { buildPlugin, makeQuery, showReply } from '#test/support/plugin.ts'
import { Class } from '#wire/constants.ts'

function ask(text: string, name: string, type = 'TXT', class_: number = Class.CH): Reply {
  const { handler } = buildPlugin(chaos, text, { next: () => reply('next', { rcode: 5 }) })
  return handler(makeQuery(name, type, { class: class_ })) as Reply
}

const cases: [text: string, name: string, record: string][] = [
  ['chaos', 'version.bind', `version.bind. 0 CH TXT "Nodens-${VERSION}"`],
  ['chaos', 'VERSION.server', `VERSION.server. 0 CH TXT "Nodens-${VERSION}"`],
  ['chaos Mine-1', 'version.bind', 'version.bind. 0 CH TXT "Mine-1"'],
  ['chaos', 'hostname.bind', `hostname.bind. 0 CH TXT "${hostname()}"`],
  ['chaos', 'id.server', `id.server. 0 CH TXT "${hostname()}"`],
  ['chaos 1 Ada', 'authors.bind', 'authors.bind. 0 CH TXT "Ada"'],
  [`chaos ${'x'.repeat(300)}`, 'version.bind', `version.bind. 0 CH TXT "${'x'.repeat(255)}"`],
]
for (const [text, name, record] of cases) {
  test(`${text.slice(0, 20)}: ${name}`, () => assert.equal(showReply(ask(text, name)), `NOERROR\nanswer ${record}`))
}

test('each author has a record, in any order', () => {
  const datas = ask('chaos 1 Ada Grace "Alan T"', 'authors.bind').answer.map(({ rdata }) =>
    Buffer.from(rdata).toString(),
  )
  assert.deepEqual(datas.sort(), ['\x03Ada', '\x05Grace', '\x06Alan T'])
})

test('other names, types and classes pass', () => {
  for (const passed of [
    ask('chaos', 'a.bind'),
    ask('chaos', 'version.bind', 'A'),
    ask('chaos', 'version.bind', 'TXT', Class.IN),
  ]) {
    assert.equal(passed.rcode, 5)
  }
})
