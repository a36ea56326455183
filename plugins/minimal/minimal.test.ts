import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import { minimal } from '#plugins/minimal/index.ts'
import { buildPlugin, makeQuery, rr, showReply } from '#test/support/plugin.ts'
import { Rcode } from '#wire/constants.ts'

const answer = [rr('a.example. 9 IN A 192.0.2.1')]
const authority = [rr('example. 9 IN NS ns.example.')]
const additional = [rr('ns.example. 9 IN A 192.0.2.53')]
const soa = [rr('example. 9 IN SOA ns.example. root.example. 1 1 1 1 9')]

const ask = (made: Reply) => buildPlugin(minimal, 'minimal', { next: () => made }).handler(makeQuery('a.example', 'A'))

test('an answer loses its authority and additional sections', () => {
  const shown = showReply(ask(reply('next', { answer, authority, additional })) as Reply)
  assert.equal(shown, 'NOERROR\nanswer a.example. 9 IN A 192.0.2.1')
})

const untouched: [rule: string, reply: Reply][] = [
  ['an answer without them', reply('next', { answer })],
  ['NODATA', reply('next', { authority: soa, additional })],
  ['NODATA at the end of a CNAME', reply('next', { answer: [rr('a.example. 9 IN CNAME b.example.')], authority: soa })],
  ['NXDOMAIN', reply('next', { rcode: Rcode.NXDOMAIN, authority: soa })],
  ['a referral', reply('next', { authority, additional })],
  ['SERVFAIL', reply('next', { rcode: Rcode.SERVFAIL, authority: soa })],
]
for (const [rule, made] of untouched) test(`${rule} is handed on as it is`, () => assert.equal(ask(made), made))
