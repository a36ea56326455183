import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordsOnChain } from '#net/upstream/answer-chain.ts'
import { a, cname } from '#wire/build.ts'
import { Class, Type } from '#wire/constants.ts'
import { foldName, formatName, name, nameToOctets } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

const A = (owner: string) => a(name(owner), 60, '192.0.2.1')
const CNAME = (owner: string, target: string) => cname(name(owner), 60, name(target))
const DNAME = (owner: string, target: string) =>
  new ResourceRecord(name(owner), Type.DNAME, Class.IN, 60, nameToOctets(name(target)))
const RRSIG = (owner: string) => new ResourceRecord(name(owner), Type.RRSIG, Class.IN, 60, new Uint8Array(24))

const cases: { rule: string; answer: ResourceRecord[]; kept: string[] }[] = [
  { rule: 'records of the name itself stay', answer: [A('www.test'), A('WWW.Test')], kept: ['www.test.', 'WWW.Test.'] },
  { rule: 'records of another name go', answer: [A('www.test'), A('bank.test')], kept: ['www.test.'] },
  { rule: 'an answer of another name alone goes', answer: [A('bank.test')], kept: [] },
  {
    rule: 'a chain of aliases stays, in whatever order',
    answer: [A('c.test'), CNAME('b.test', 'C.test'), CNAME('www.test', 'B.test'), A('d.test')],
    kept: ['c.test.', 'b.test.', 'www.test.'],
  },
  {
    rule: 'an alias of another name does not vouch for its target',
    answer: [A('www.test'), CNAME('evil.test', 'bank.test'), A('bank.test')],
    kept: ['www.test.'],
  },
  {
    rule: 'aliases in a circle end',
    answer: [CNAME('www.test', 'b.test'), CNAME('b.test', 'www.test')],
    kept: ['www.test.', 'b.test.'],
  },
  {
    rule: 'a DNAME above the name stays, with what it leads to and its signature',
    answer: [DNAME('test', 'example'), RRSIG('test'), CNAME('www.test', 'www.example'), A('www.example')],
    kept: ['test.', 'test.', 'www.test.', 'www.example.'],
  },
  {
    rule: 'a DNAME redirects without its synthesized CNAME too',
    answer: [DNAME('test', 'example'), A('www.example'), A('x.example')],
    kept: ['test.', 'www.example.'],
  },
  {
    rule: 'a DNAME that covers nothing on the chain goes',
    answer: [A('www.test'), DNAME('other', 'example')],
    kept: ['www.test.'],
  },
]

for (const { rule, answer, kept } of cases) {
  test(rule, () => {
    const records = recordsOnChain(answer, foldName(name('www.test')))
    assert.deepEqual(
      records.map(record => formatName(record.owner)),
      kept,
    )
  })
}

test('an answer that belongs as a whole is returned as it is', () => {
  const answer = [CNAME('www.test', 'b.test'), A('b.test')]
  assert.equal(recordsOnChain(answer, foldName(name('www.test'))), answer)
})

test('a chain of thousands of aliases costs time in proportion', () => {
  const answer = Array.from({ length: 5000 }, (_, i) => CNAME(`n${i}.test`, `n${i + 1}.test`)).reverse()
  assert.equal(recordsOnChain(answer, foldName(name('n0.test'))).length, 5000)
})
