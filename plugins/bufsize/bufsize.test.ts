import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reply } from '#plugin/reply.ts'
import { bufsize } from '#plugins/bufsize/index.ts'
import type { QueryParts } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery } from '#test/support/plugin.ts'

const cases: [text: string, parts: QueryParts, octets: number][] = [
  ['bufsize', { udpSizeOctets: 4096 }, 1232],
  ['bufsize', { udpSizeOctets: 1000 }, 1000],
  ['bufsize 512', { udpSizeOctets: 1232 }, 512],
  ['bufsize 4096', { udpSizeOctets: 65535 }, 4096],
  ['bufsize 1024', { edns: false }, 512],
]
for (const [text, parts, octets] of cases) {
  test(`${text}: ${parts.udpSizeOctets ?? 'no EDNS'} becomes ${octets} for later plugins and the reply`, () => {
    const plugin = buildPlugin(bufsize, text, { next: () => reply('next', {}) })
    const query = makeQuery('a.example', 'A', parts)
    plugin.handler(query)
    assert.equal(plugin.nextQueries[0]!.udpSizeOctets, octets)
    assert.equal(query.replyLimitOctets, octets)
  })
}
