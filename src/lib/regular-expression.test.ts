import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { regularExpression } from '#lib/regular-expression.ts'

const matches: [pattern: string, text: string, expected: boolean][] = [
  ['^.* i/o timeout$', 'read udp 10.0.0.1:53->8.8.8.8:53: i/o timeout', true],
  ['^.* i/o timeout$', 'read udp: i/o timeout!', false],
  ['(?i)TimeOut', 'i/o timeout', true],
  ['\\Aabc\\z', 'abc', true],
  ['\\Qa.b\\E', 'axb', false],
  ['^[[:digit:]]+$', '1a', false],
  ['^(?P<year>\\d{4})-x$', '2024-x', true],
  ['^[a-z]{1,63}$', 'a'.repeat(64), false],
]

const refused: [rule: string, pattern: string, message: RegExp][] = [
  ['an unclosed group', '(a', /^error parsing regexp: missing closing \): `\(a`/],
  ['a repetition of nothing', '*a', /^error parsing regexp: missing argument to repetition operator: `\*`/],
  ['more than 1000 repetitions', 'a{1001}', /^error parsing regexp: invalid repeat count: `\{1001\}`/],
  ['repetitions that multiply', '((a{100}){100}){100}', /^error parsing regexp: /],
  ['a lookahead', '(?=a)b', /^error parsing regexp: invalid or unsupported Perl syntax: `\(\?=`/],
  ['a back reference', '(a)\\1', /^error parsing regexp: invalid escape sequence: `\\1`/],
  ['too deep a nesting', '('.repeat(2000) + ')'.repeat(2000), /^error parsing regexp: expression nests too deeply/],
  ['more than 10000 characters', 'a'.repeat(10_001), /^regex pattern too long: 10001 > 10000$/],
]

describe('regularExpression', () => {
  for (const [pattern, text, expected] of matches) {
    it(`${pattern} ${expected ? 'matches' : 'does not match'} ${text.slice(0, 30)}`, () => {
      assert.equal(regularExpression(pattern).test(text), expected)
    })
  }

  for (const [rule, pattern, message] of refused) {
    it(`refuses ${rule}`, () => {
      assert.throws(() => regularExpression(pattern), { name: 'SyntaxError', message })
    })
  }

  it('matches a pattern that would keep a backtracking engine busy for ever', () => {
    const label = 'a'.repeat(63)
    assert.equal(regularExpression('^(a+)+$').test(`${label}.${label}.x.`), false)
  })
})
