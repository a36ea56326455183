import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { failure, reply } from '#plugin/reply.ts'
import { PackedReply } from '#plugins/cache/packed-reply.ts'
import { makeQuery } from '#test/support/plugin.ts'
import type { Name } from '#wire/name.ts'
import { name, nameToOctets, ROOT } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

const ASKED = name('Www.Example.org')
const TTL_SECONDS = 17
const longName = `${`\x3f${'\xff'.repeat(63)}`.repeat(3)}\x3d${'a'.repeat(61)}\0` as Name

const record = fc
  .record({
    owner: fc.constantFrom(ASKED, name('www.example.org'), name('cdn.example.net'), ROOT, longName),
    type: fc.integer({ min: 0, max: 0xffff }),
    class: fc.constantFrom(1, 3, 254, 255, 0xffff),
    ttlSeconds: fc.constantFrom(0, 30, 0x7fffffff),
    rdata: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 250, maxLength: 3000 })),
  })
  .map(
    ({ owner, type, class: class_, ttlSeconds, rdata }) => new ResourceRecord(owner, type, class_, ttlSeconds, rdata),
  )
const section = fc.array(record, { maxLength: 6 })

/** What a hit for `asked` is to have of a record. */
function served({ owner, type, class: class_, rdata }: ResourceRecord, asked: Name): unknown {
  return { owner: owner === ASKED ? asked : owner, type, class: class_, ttlSeconds: TTL_SECONDS, rdata: [...rdata] }
}

function shown({ owner, type, class: class_, ttlSeconds, rdata }: ResourceRecord): unknown {
  return { owner, type, class: class_, ttlSeconds, rdata: [...rdata] }
}

test('any records come out as they were put in, but for the time to live and the letter case of the question', () => {
  const asked = name('wWW.eXAMPLE.org')
  const property = fc.property(section, section, section, (answer, authority, additional) => {
    const packed = PackedReply.of(reply('next', { answer, authority, additional }), makeQuery('Www.Example.org', 'A'))!
    for (const [records, unpacked] of [
      [answer, packed.answer(asked, TTL_SECONDS)],
      [authority, packed.authority(asked, TTL_SECONDS)],
      [additional, packed.additional(asked, TTL_SECONDS)],
    ] as const) {
      assert.deepEqual(
        unpacked.map(shown),
        records.map(each => served(each, asked)),
      )
    }
    assert.equal(packed.hasAnswer, answer.length > 0)
  })
  fc.assert(property)
})

test('the targets of CNAME records alone are found among other records, folded, the first sixteen', () => {
  const alias = (i: number) => new ResourceRecord(ASKED, 5, 1, 30, nameToOctets(name(`T${i}.Example.net`)))
  const other = new ResourceRecord(longName, 39, 1, 30, nameToOctets(name('dname.example.net')))
  const targetsOf = (answer: ResourceRecord[]): readonly string[] =>
    PackedReply.of(reply('next', { answer, authority: [alias(99)] }), makeQuery('Www.Example.org', 'A'))!.targets
  const named = (count: number) => Array.from({ length: count }, (_, i) => name(`t${i}.example.net`))
  assert.deepEqual(targetsOf([other]), [])
  assert.deepEqual(targetsOf([other, alias(0), other, alias(1)]), named(2))
  assert.deepEqual(targetsOf(Array.from({ length: 20 }, (_, i) => alias(i))), named(16))
})

test('a reply equals another one exactly when it says the same', () => {
  const rr = (rdata: number[], owner = ASKED, type = 1): ResourceRecord =>
    new ResourceRecord(owner, type, 1, 30, Uint8Array.from(rdata))
  const differing = [
    reply('next', { answer: [rr([1])] }),
    reply('next', { answer: [rr([2])] }),
    reply('next', { answer: [rr([1], name('www.example.org'))] }),
    reply('next', { answer: [rr([1], ASKED, 2)] }),
    reply('next', { answer: [rr([1]), rr([1])] }),
    reply('next', { authority: [rr([1])] }),
    reply('next', { additional: [rr([1])] }),
    reply('next', { answer: [rr([1])], rcode: 3 }),
    reply('next', { answer: [rr([1])], flags: 0x80 }),
    reply('other', { answer: [rr([1])] }),
    reply('next', { rcode: 2 }),
    failure(2),
  ]
  const pack = (index: number): PackedReply => PackedReply.of(differing[index]!, makeQuery('Www.Example.org', 'A'))!
  for (const [i] of differing.entries()) {
    for (const [j] of differing.entries()) assert.equal(pack(i).equals(pack(j)), i === j, `${i} and ${j}`)
  }
})

test('records of more than 64 KiB are not packed', () => {
  const records = (octets: number): ResourceRecord[] => [new ResourceRecord(ASKED, 16, 1, 30, new Uint8Array(octets))]
  const pack = (octets: number): PackedReply | null =>
    PackedReply.of(reply('next', { answer: records(octets) }), makeQuery('Www.Example.org', 'TXT'))
  assert.equal(pack(0xffff), null)
  assert.notEqual(pack(0xff00), null)
})
