import assert from 'node:assert/strict'
import { it } from 'node:test'
import { printable } from '#lib/printable.ts'

it('printable text has no control characters and no more than the characters allowed', () => {
  assert.equal(printable('a b\u00e9'), 'a b\u00e9')
  assert.equal(printable('a\n\t\x1b[0m\x7f\x85\u2028'), 'a\\010\\009\\027[0m\\127\\133\\8232')
  assert.equal(printable('abcdef', 3), 'abc...')
})
