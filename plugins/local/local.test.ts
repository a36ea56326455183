import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import { local } from '#plugins/local/index.ts'
import { buildPlugin, makeQuery, showReply } from '#test/support/plugin.ts'
import { Class } from '#wire/constants.ts'

const next = () => reply('next', { rcode: 5 })
const soa = (owner: string) => `${owner} 604800 IN SOA localhost. root.localhost. 1 0 0 0 604800`

function ask(question: string, text = 'local'): string {
  const [name, type] = question.split(' ') as [string, string]
  return showReply(buildPlugin(local, text, { next }).handler(makeQuery(name, type)) as Reply)
}

describe('answers', () => {
  const cases: [question: string, shown: string][] = [
    ['localhost A', 'NOERROR\nanswer localhost. 604800 IN A 127.0.0.1'],
    ['LOCALHOST AAAA', 'NOERROR\nanswer LOCALHOST. 604800 IN AAAA ::1'],
    ['localhost NS', 'NOERROR\nanswer localhost. 604800 IN NS localhost.'],
    ['localhost SOA', `NOERROR\nanswer ${soa('localhost.')}`],
    ['localhost MX', `NOERROR\nauthority ${soa('localhost.')}`],
    ['web.dev.localhost A', 'NOERROR\nanswer web.dev.localhost. 604800 IN A 127.0.0.1'],
    ['web.localhost TXT', `NOERROR\nauthority ${soa('localhost.')}`],
    ['localhost.home.arpa AAAA', 'NOERROR\nanswer localhost.home.arpa. 604800 IN AAAA ::1'],
    ['localhost.home.arpa TXT', `NOERROR\nauthority ${soa('localhost.home.arpa.')}`],
    ['1.0.0.127.in-addr.arpa PTR', 'NOERROR\nanswer 1.0.0.127.in-addr.arpa. 604800 IN PTR localhost.'],
    ['1.0.0.127.in-addr.arpa A', `NOERROR\nauthority ${soa('127.in-addr.arpa.')}`],
    ['2.0.0.127.in-addr.arpa PTR', `NXDOMAIN\nauthority ${soa('127.in-addr.arpa.')}`],
    ['1.0.0.0.in-addr.arpa PTR', `NXDOMAIN\nauthority ${soa('0.in-addr.arpa.')}`],
    ['255.255.255.255.in-addr.arpa PTR', `NXDOMAIN\nauthority ${soa('255.in-addr.arpa.')}`],
    ['127.in-addr.arpa SOA', `NOERROR\nanswer ${soa('127.in-addr.arpa.')}`],
    ['127.in-addr.arpa NS', 'NOERROR\nanswer 127.in-addr.arpa. 604800 IN NS localhost.'],
    ['127.in-addr.arpa A', `NOERROR\nauthority ${soa('127.in-addr.arpa.')}`],
    ['mylocalhost A', 'REFUSED'],
    ['localhosts.example A', 'REFUSED'],
    ['1.0.0.126.in-addr.arpa PTR', 'REFUSED'],
    ['example.org A', 'REFUSED'],
  ]
  for (const [question, shown] of cases) test(question, () => assert.equal(ask(question), shown))
})

test('localhost_prefix off leaves localhost.<domain> alone, and names below localhost answered', () => {
  const text = 'local {\nlocalhost_prefix off\n}'
  assert.equal(ask('localhost.home.arpa A', text), 'REFUSED')
  assert.match(ask('localhost.localhost A', text), /127\.0\.0\.1/)
})

test('queries for localhost.<domain> are counted', () => {
  const { handler, metrics } = buildPlugin(local, 'local', { next })
  for (const name of ['localhost', 'localhost.example', 'web.localhost']) handler(makeQuery(name, 'A'))
  assert.match(metrics.expose(), /^coredns_local_localhost_requests_total 1$/m)
})

test('another class passes', () => {
  const { handler } = buildPlugin(local, 'local', { next })
  assert.equal((handler(makeQuery('localhost', 'A', { class: Class.CH })) as Reply).rcode, 5)
})
