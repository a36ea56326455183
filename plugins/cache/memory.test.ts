import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Query } from '#plugin/query.ts'
import { reply } from '#plugin/reply.ts'
import { cache } from '#plugins/cache/index.ts'
import { memoryInUse } from '#test/support/garbage.ts'
import { buildPlugin, makeQuery, rr } from '#test/support/plugin.ts'
import { Type } from '#wire/constants.ts'
import type { Name } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

const CAPACITY = 4096
/** What a store may take for each reply of its capacity, in octets, the tables of the store included. */
const LIMIT_OCTETS = 1100

const record = (owner: Name, type: number, octets: number): ResourceRecord =>
  new ResourceRecord(owner, type, 1, 300, new Uint8Array(octets))
const alias = (owner: string, target: string): ResourceRecord =>
  rr(`${owner}.example.net. 300 IN CNAME ${target}.example.net.`)

const SHAPES: readonly (readonly [string, number, (owner: Name) => readonly ResourceRecord[]])[] = [
  ['one address', 700, owner => [record(owner, Type.A, 4)]],
  ['sixty addresses', LIMIT_OCTETS, owner => times(60, () => record(owner, Type.A, 4))],
  [
    'fifteen aliases',
    LIMIT_OCTETS,
    owner => [
      alias('y', 'y0').withOwner(owner),
      ...times(14, i => alias(`y${i}`, `y${i + 1}`)),
      rr('y14.example.net. 300 IN A 10.0.0.1'),
    ],
  ],
  ['large data', LIMIT_OCTETS, owner => times(16, () => record(owner, Type.A, 3000))],
  ['a thousand records without data', LIMIT_OCTETS, owner => times(1000, () => record(owner, Type.A, 0))],
]

for (const [what, limitOctets, recordsFor] of SHAPES) {
  test(`replies with ${what} take at most ${limitOctets} octets for each that there is room for`, t => {
    const plugin = buildPlugin(cache, `cache {\n success ${CAPACITY}\n}`, {
      next: query => reply('next', { answer: recordsFor(query.name) }),
    })
    const asked = plugin.nextQueries as Query[]
    plugin.handler(makeQuery('first.example.org', 'A'))
    const before = memoryOctets()
    for (let i = 0; i < 2 * CAPACITY; i++) {
      plugin.handler(makeQuery(`service-${i}.namespace-${i % 100}.example.org`, 'A'))
      asked.length = 0
    }
    const octets = (memoryOctets() - before) / CAPACITY
    t.diagnostic(`${octets.toFixed(1)} octets`)
    assert.ok(octets <= limitOctets, `${octets.toFixed(1)} octets`)
    assert.ok(octets > 100, 'nothing was stored')
  })
}

function times(count: number, make: (i: number) => ResourceRecord): ResourceRecord[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

/** V8's heap and what hangs on it. */
function memoryOctets(): number {
  const { heapUsed, external } = memoryInUse()
  return heapUsed + external
}
