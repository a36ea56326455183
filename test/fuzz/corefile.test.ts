import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashCorefile } from '#corefile/hash.ts'
import { lex } from '#corefile/lexer.ts'
import type { ReadCorefile } from '#test/support/corefile.ts'
import { readCorefile } from '#test/support/corefile.ts'

const words = [
  ...['.', 'example.org', 'a..b', ':53', '.:', 'tls://a', '10.0.0.0/15', '::/0', '2001:db8::/29', '(s)', '(s){', '(t)'],
  ...['{', '}', '{', '}', '{}', 'a{', '"{"', '""', '"', '"a\nb"', '\\"', '#', 'a#b', ',', 'a,', ',a'],
  ...[
    'log',
    'cache',
    'cahce',
    'kubernetes',
    'import',
    's',
    't',
    'f',
    'd/*',
    'nope',
    'Corefile',
    'apiVersion:',
    'kind:',
  ],
  ...[
    '{$A}',
    '{$LOOP}',
    '{%A%}',
    '{$}',
    '{$UNSET}',
    '{$BRACE}',
    '\ufeff',
    '\r',
    '\0',
    '\u202e',
    '\ud800',
    '例',
    '\x1b[31m',
  ],
]
const soup = fc
  .array(fc.tuple(fc.constantFrom(...words), fc.constantFrom(' ', ' ', '\n', '\n', '\n', '\r\n', '\t', '')), {
    maxLength: 60,
  })
  .map(parts => parts.map(part => part.join('')).join(''))
const characters = fc.string({ unit: 'binary', maxLength: 200 })

/** Near to right: blocks with directives, then a little of it damaged. */
const damaged = fc.tuple(fc.nat(), fc.nat(40), fc.constantFrom(...words, '\n', '')).map(([at, length, insert]) => {
  const whole =
    '(s) {\n log a\n cache {\n  success 1\n }\n}\nexample.org, 10.0.0.0/15 {\n import s\n forward . 1.1.1.1 {\n  x y\n }\n}\n'
  const start = at % whole.length
  return whole.slice(0, start) + insert + whole.slice(start + length)
})

const files = { f: 'log\nimport s', 'd/a': 'errors }', 'd/b': '(t) {\n import f', 'd/c/': '' }
const environment = { A: 'log', LOOP: '{$LOOP}', BRACE: '{' }

for (const [kind, texts] of Object.entries({
  'words in any order': soup,
  'any characters': characters,
  'a damaged file': damaged,
})) {
  test(`fuzz: ${kind} end in blocks or in errors with a place in their file`, () => {
    fc.assert(
      fc.property(texts, text => {
        const read = readCorefile(text, { files, environment })
        assertPlaces(read, text)
        assert.match(hashCorefile(read.corefile), /^[0-9a-f]{128}$/)
        assert.deepEqual(readCorefile(text, { files, environment }).errors, read.errors)
      }),
      { numRuns: 1500 },
    )
  })

  test(`fuzz: ${kind} cut into words give every character that is no blank back, or drop it in a comment`, () => {
    fc.assert(
      fc.property(texts, text => {
        const lines = text.replace(/^\ufeff/, '').split('\n')
        for (const token of lex(text, 'Corefile')) {
          const written = lines
            .slice(token.line - 1)
            .join('\n')
            .slice(token.column - 1)
            .slice(0, token.width)
          assert.equal(written.length, token.width)
          const plain = token.quoted
            ? written.replace(/^"|"$/g, '').replaceAll('\\"', '"')
            : written.replaceAll('\r', '')
          if (!token.quoted || !written.endsWith('\\')) assert.ok(plain.startsWith(token.text) || token.quoted, written)
        }
      }),
      { numRuns: 500 },
    )
  })
}

function assertPlaces({ problems, corefile, errors }: ReadCorefile, text: string): void {
  for (const { token, message } of problems.errors) {
    assert.ok(token !== null, message)
    const source = corefile.sources.get(token.file)
    assert.ok(source !== undefined, token.file)
    const line = source.replace(/^\ufeff/, '').split('\n')[token.line - 1]
    assert.ok(
      line !== undefined && token.column >= 1 && token.column <= line.length,
      `${message} at ${token.line}:${token.column}`,
    )
    assert.ok(token.width > 0)
  }
  for (const error of errors) {
    assert.doesNotMatch(error, /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/)
    assert.ok(error.split('\n').length <= 4, text)
  }
}
