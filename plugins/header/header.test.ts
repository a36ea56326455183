import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply } from '#plugin/reply.ts'
import { failure, reply } from '#plugin/reply.ts'
import { header } from '#plugins/header/index.ts'
import { buildPlugin, makeQuery } from '#test/support/plugin.ts'
import { Flag } from '#wire/constants.ts'

const { AA, RA, RD } = Flag

function ask(rules: string, queryFlags: number, made: Reply) {
  const plugin = buildPlugin(header, `header {\n${rules}\n}`, { next: () => made })
  const query = makeQuery('a.example', 'A', { flags: queryFlags })
  const answer = plugin.handler(query) as Reply
  // RD of the message that leaves is that of the query.
  return { inward: plugin.nextQueries[0]!.flags, outward: answer.flags | (query.flags & RD), answer }
}

const cases: [rules: string, queryFlags: number, replyFlags: number, inward: number, outward: number][] = [
  ['response set aa', RD, 0, RD, RD | AA],
  ['response set aa ra', 0, 0, 0, AA | RA],
  ['response clear ra', 0, AA | RA, 0, AA],
  ['response set rd', 0, 0, 0, RD],
  ['response clear RD', RD, 0, RD, 0],
  ['query set rd', 0, 0, RD, RD],
  ['query clear rd', RD, AA, 0, AA],
  ['response set aa\nresponse clear aa', 0, 0, 0, 0],
  ['response clear aa\nresponse set aa', 0, 0, 0, AA],
  ['query set rd\nresponse clear rd', 0, 0, RD, 0],
  ['query clear rd\nresponse set ra', RD, 0, 0, RA],
]
for (const [rules, queryFlags, replyFlags, inward, outward] of cases) {
  test(rules.replaceAll('\n', ', '), () => {
    const asked = ask(rules, queryFlags, reply('next', { flags: replyFlags }))
    assert.deepEqual([asked.inward, asked.outward], [inward, outward])
  })
}

test('a further block adds to the first', () => {
  const rules = 'response set aa ra\n}\nheader {\nresponse clear ra'
  assert.equal(ask(rules, 0, reply('next', {})).outward, AA)
})

test('a reply that no plugin has written, or that needs no change, is handed on as it is', () => {
  const bare = failure(2)
  const authoritative = reply('next', { flags: AA })
  assert.equal(ask('response set aa', 0, bare).answer, bare)
  assert.equal(ask('response set aa', 0, authoritative).answer, authoritative)
})
