import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lex } from '#corefile/lexer.ts'

const cases: readonly { rule: string; text: string; words: readonly string[] }[] = [
  { rule: 'an empty file has no words', text: '', words: [] },
  { rule: 'white space alone is no word', text: ' \t\n\r\n', words: [] },
  { rule: 'words are separated by blanks and line ends', text: 'a b\tc\nd', words: ['a', 'b', 'c', 'd'] },
  { rule: 'a byte order mark at the start is dropped', text: '\ufeffa b', words: ['a', 'b'] },
  { rule: 'a byte order mark elsewhere is part of a word', text: 'a\ufeff b', words: ['a\ufeff', 'b'] },
  { rule: 'Unicode white space separates', text: 'a\u00a0b\u2003c\u3000d\u0085e\u2028f', words: [...'abcdef'] },
  { rule: 'a zero width space does not', text: 'a\u200bb', words: ['a\u200bb'] },
  { rule: 'carriage returns before line ends are dropped', text: 'a\r\nb\r\n', words: ['a', 'b'] },
  { rule: 'a carriage return inside a word is dropped', text: 'a\rb', words: ['ab'] },
  { rule: 'a carriage return alone is no word', text: '\r', words: [] },
  { rule: 'a comment runs to the end of the line', text: 'a # b c\nd', words: ['a', 'd'] },
  { rule: 'a comment runs over a carriage return', text: '# b\rc\nd', words: ['d'] },
  { rule: 'a comment may end the file', text: 'a #', words: ['a'] },
  { rule: 'a comment sign cuts a word, and hides only up to the next blank', text: 'abc#d e', words: ['abc', 'e'] },
  { rule: 'the end of the line ends a cut as well', text: 'abc#d\ne', words: ['abc', 'e'] },
  { rule: 'a word after a cut may be a comment', text: 'abc#d # e\nf', words: ['abc', 'f'] },
  { rule: 'quotes keep blanks', text: '"a b" c', words: ['a b', 'c'] },
  { rule: 'quotes keep comment signs and braces', text: '"a # { }"', words: ['a # { }'] },
  { rule: 'quotes run over lines', text: '"a\nb" c', words: ['a\nb', 'c'] },
  { rule: 'quotes keep carriage returns', text: '"a\r\nb"', words: ['a\r\nb'] },
  { rule: 'an escaped quote is a quote', text: '"a \\"b\\" c"', words: ['a "b" c'] },
  { rule: 'any other backslash in quotes stays', text: String.raw`"a\b\\c\n"`, words: [String.raw`a\b\\c\n`] },
  {
    rule: 'a doubled backslash does not free the quote after it',
    text: String.raw`"a\\" b`,
    words: [String.raw`a\\`, 'b'],
  },
  { rule: 'a backslash outside of quotes is a letter', text: String.raw`a\ b\"c`, words: ['a\\', 'b\\"c'] },
  { rule: 'a backslash does not continue a line', text: 'a \\\nb', words: ['a', '\\', 'b'] },
  { rule: 'the closing quote ends the word', text: '"a"b', words: ['a', 'b'] },
  { rule: 'one quoted word may follow another', text: '"a""b"', words: ['a', 'b'] },
  { rule: 'empty quotes are an empty word', text: 'a "" b', words: ['a', '', 'b'] },
  { rule: 'a quote inside a word is a letter', text: 'a"b c"', words: ['a"b', 'c"'] },
  { rule: 'quotes that are never closed end with the file', text: 'a "b c\nd', words: ['a', 'b c\nd'] },
  { rule: 'a quote that ends the file is no word', text: 'a "', words: ['a'] },
  { rule: 'a backslash that ends the file in quotes is dropped', text: '"a\\', words: ['a'] },
  { rule: 'backticks are letters', text: '`a b`', words: ['`a', 'b`'] },
  { rule: 'braces are words like any other', text: '. { } {} a{ }b', words: ['.', '{', '}', '{}', 'a{', '}b'] },
  { rule: 'a comma is part of its word', text: 'a, b,c', words: ['a,', 'b,c'] },
]

for (const { rule, text, words } of cases) {
  test(`lex: ${rule}`, () => {
    assert.deepEqual(
      lex(text, 'Corefile').map(token => token.text),
      words,
    )
  })
}

test('lex: every word knows where it stands', () => {
  const places = lex('\ufeff. {\r\n\t"a\n b" c#x d\n}', 'Corefile').map(({ text, line, column, width, quoted }) => {
    return [text, line, column, width, quoted]
  })
  assert.deepEqual(places, [
    ['.', 1, 1, 1, false],
    ['{', 1, 3, 1, false],
    ['a\n b', 2, 2, 6, true],
    ['c', 3, 5, 1, false],
    ['d', 3, 9, 1, false],
    ['}', 4, 1, 1, false],
  ])
})

test('lex: every word carries the name of its file', () => {
  assert.deepEqual(new Set(lex('a "b" c', 'extra.conf').map(token => token.file)), new Set(['extra.conf']))
})
