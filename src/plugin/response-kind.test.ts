import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reply } from '#plugin/reply.ts'
import { ResponseKind, responseKind } from '#plugin/response-kind.ts'
import { makeQuery, rr } from '#test/support/plugin.ts'
import { Rcode } from '#wire/constants.ts'

const SOA = 'example. 60 IN SOA ns.example. root.example. 1 1 1 1 60'
const chain = (length: number) =>
  Array.from({ length }, (_, i) => `${i === 0 ? 'a' : `c${i}`}.example. 60 IN CNAME c${i + 1}.example.`)

const cases: [rule: string, rcode: number, answer: string[], authority: string[], kind: keyof typeof ResponseKind][] = [
  ['an address at the name', Rcode.NOERROR, ['A.example. 60 IN A 192.0.2.1'], [], 'ANSWER'],
  ['an address 16 CNAMEs away', Rcode.NOERROR, [...chain(16), 'c16.example. 60 IN A 192.0.2.1'], [], 'ANSWER'],
  ['an address 17 CNAMEs away', Rcode.NOERROR, [...chain(17), 'c17.example. 60 IN A 192.0.2.1'], [], 'OTHER'],
  ['two equal CNAMEs', Rcode.NOERROR, [...chain(1), ...chain(1), 'c1.example. 60 IN A 192.0.2.1'], [], 'ANSWER'],
  [
    'a synthesized CNAME under a DNAME',
    Rcode.NOERROR,
    ['example. 60 IN DNAME example.net.', 'a.example. 60 IN CNAME a.example.net.', 'a.example.net. 60 IN A 192.0.2.1'],
    [],
    'ANSWER',
  ],
  ['nothing at all', Rcode.NOERROR, [], [], 'ANSWER'],
  ['nothing but SOA', Rcode.NOERROR, [], [SOA], 'NO_DATA'],
  ['a CNAME and SOA', Rcode.NOERROR, chain(1), [SOA], 'NO_DATA'],
  ['a CNAME alone', Rcode.NOERROR, chain(1), [], 'OTHER'],
  ['name servers', Rcode.NOERROR, [], ['example. 60 IN NS ns.example.'], 'REFERRAL'],
  ['name servers and SOA', Rcode.NOERROR, [], ['example. 60 IN NS ns.example.', SOA], 'NO_DATA'],
  ['NXDOMAIN and SOA', Rcode.NXDOMAIN, [], [SOA], 'NAME_ERROR'],
  ['NXDOMAIN alone', Rcode.NXDOMAIN, [], [], 'OTHER'],
  ['SERVFAIL', Rcode.SERVFAIL, [], [SOA], 'SERVER_FAILURE'],
  ['NOTIMP', Rcode.NOTIMP, [], [], 'SERVER_FAILURE'],
  ['REFUSED', Rcode.REFUSED, [], [], 'OTHER'],
]

for (const [rule, rcode, answer, authority, kind] of cases) {
  test(`${rule}: ${kind}`, () => {
    const made = reply('next', { rcode, answer: answer.map(rr), authority: authority.map(rr) })
    assert.equal(responseKind(makeQuery('a.example', 'A'), made), ResponseKind[kind])
  })
}
