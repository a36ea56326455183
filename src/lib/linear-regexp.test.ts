import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { linearRegExp } from '#lib/linear-regexp.ts'

const matches: [pattern: string, text: string, expected: boolean][] = [
  ['^.* i/o timeout$', 'read udp 10.0.0.1:53->8.8.8.8:53: i/o timeout', true],
  ['^.* i/o timeout$', 'read udp: i/o timeout!', false],
  ['(?i)TimeOut', 'i/o timeout', true],
  ['(?i:A)b', 'ab', true],
  ['(?i:A)b', 'aB', false],
  ['a(?i)b|C', 'ad', false],
  ['a(?i)b|C', 'c', true],
  ['(?i)[x-z0]+$', 'XYZ0', true],
  ['(?i)[^x]', 'X', false],
  ['\\Aabc\\z', 'abc', true],
  ['\\Qa.b\\E+', 'a.ba.b', true],
  ['\\Qa.b\\E', 'axb', false],
  ['^[[:alpha:]_]+$', 'aZ_', true],
  ['^[[:digit:]]+$', '1a', false],
  ['^(?P<year>\\d{4})-x$', '2024-x', true],
  ['^[a-z]{1,63}$', 'a'.repeat(63), true],
  ['^[a-z]{1,63}$', 'a'.repeat(64), false],
  ['^(?:[a-z]{2,20}\\.){17,}$', 'ab.'.repeat(17), true],
  ['^(?:[a-z]{2,20}\\.){17,}$', 'ab.'.repeat(16), false],
  ['^a{,2}$', 'a{,2}', true],
  ['^\\x41\\x{42}$', 'AB', true],
  ['^[]a]+$', ']a', true],
  ['^[a\\]-]+$', 'a]-', true],
  ['^[^a-c]$', 'd', true],
  ['^a/b$', 'a/b', true],
]

const refused: [rule: string, pattern: string, message: RegExp][] = [
  ['an unclosed group', '(a', /error parsing regexp: missing closing \): `\(a`/],
  ['a group too many closed', 'a)', /unexpected \)/],
  ['an unclosed class', '[a', /missing closing ]/],
  ['a repetition of nothing', '*a', /missing argument to repetition operator: `\*`/],
  ['a repetition of a repetition', 'a**', /invalid nested repetition operator/],
  ['more than 1000 repetitions', 'a{1001}', /invalid repeat count: `\{1001\}`/],
  ['a lookahead', '(?=a)b', /invalid or unsupported Perl syntax: `\(\?=`/],
  ['a back reference', '(a)\\1', /invalid escape sequence: `\\1`/],
  ['a backslash at the end', 'a\\', /trailing backslash/],
  ['a range backwards', '[z-a]', /error parsing regexp/],
  ['more than 10000 characters', 'a'.repeat(10_001), /regex pattern too long: 10001 > 10000/],
  ['repetitions that multiply', '((?:(?:(?:a{1000}){1000}){1000}))', /too large/],
  ['a captured group repeated too often', '(a){1,17}', /more than linear time/],
  ['too deep a nesting', '('.repeat(200), /nests too deeply/],
]

describe('linearRegExp', () => {
  for (const [pattern, text, expected] of matches) {
    it(`${pattern} ${expected ? 'matches' : 'does not match'} ${text.slice(0, 30)}`, () => {
      assert.equal(linearRegExp(pattern).test(text), expected)
    })
  }

  for (const [rule, pattern, message] of refused) {
    it(`refuses ${rule}`, () => {
      assert.throws(() => linearRegExp(pattern), { name: 'SyntaxError', message })
    })
  }

  it('matches a pattern that would keep a backtracking engine busy for ever', () => {
    const label = 'a'.repeat(63)
    assert.equal(linearRegExp('^(a+)+$').test(`${label}.${label}.x.`), false)
  })

  it('gives named groups', () => {
    assert.equal(linearRegExp('^ip-(?P<a>[0-9]+)\\.').exec('ip-10.example.')?.groups?.['a'], '10')
  })
})
