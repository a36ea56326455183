import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasWildcard, matchesGlob } from '#lib/glob.ts'

const cases: readonly [string, string, boolean][] = [
  ['', '', true],
  ['', 'a', false],
  ['a', 'a', true],
  ['a', 'b', false],
  ['*', '', true],
  ['*', 'anything', true],
  ['*', 'a/b', false],
  ['*.conf', 'a.conf', true],
  ['*.conf', '.conf', true],
  ['*.conf', 'a.conf.bak', false],
  ['a*c', 'abcbc', true],
  ['a*c', 'abcb', false],
  ['conf/*.server', 'conf/x.server', true],
  ['conf/*.server', 'conf/y/x.server', false],
  ['?', 'a', true],
  ['?', '', false],
  ['?', '/', false],
  ['a?c', 'abc', true],
  ['a\\*c', 'a*c', true],
  ['a\\*c', 'abc', false],
  ['a[b', 'a[b', true],
  ['a\\', 'a', false],
  ['*a*a*a*a*b', 'a'.repeat(200), false],
]

for (const [pattern, text, matches] of cases) {
  test(`glob: '${pattern}' ${matches ? 'matches' : 'does not match'} '${text.slice(0, 20)}'`, () => {
    assert.equal(matchesGlob(pattern, text), matches)
  })
}

test('glob: a star and a question mark are wildcards, a bracket is a letter', () => {
  assert.deepEqual(['*', 'a?', 'a', '[a]'].map(hasWildcard), [true, true, false, false])
})
