import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply } from '#plugin/reply.ts'
import { whoami } from '#plugins/whoami/index.ts'
import type { QueryParts } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery, showReply } from '#test/support/plugin.ts'

const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.abcdefgh`

const cases: [rule: string, name: string, parts: QueryParts, additional: string[]][] = [
  ['IPv4 over UDP', 'Who.example', {}, ['Who.example. 0 IN A 10.240.0.1', '_udp.Who.example. 0 IN SRV 0 0 40212 .']],
  [
    'IPv6 over TCP',
    'who.example',
    { client: '2001:db8::7', tcp: true },
    ['who.example. 0 IN AAAA 2001:db8::7', '_tcp.who.example. 0 IN SRV 0 0 40212 .'],
  ],
  ['the root', '.', {}, ['. 0 IN A 10.240.0.1', '_udp. 0 IN SRV 0 0 40212 .']],
  ['a name that has no room for the label', long, {}, [`${long}. 0 IN A 10.240.0.1`]],
]

for (const [rule, name, parts, additional] of cases) {
  test(`tells the asker its address and port: ${rule}`, () => {
    const { handler } = buildPlugin(whoami, 'whoami')
    const reply = handler(makeQuery(name, 'TXT', parts)) as Reply
    assert.equal(showReply(reply), ['NOERROR aa', ...additional.map(text => `additional ${text}`)].join('\n'))
  })
}
