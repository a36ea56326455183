import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorKind } from '#corefile/error.ts'
import { CorefileError } from '#corefile/error.ts'
import { explainProblem } from '#corefile/explain.ts'
import { lex } from '#corefile/lexer.ts'

/** Explains an error at the word of `source` that is `word`. */
function explain(
  source: string,
  word: string,
  message: string,
  hint = '',
  kind: ErrorKind = 'parsing',
  plugin = '',
): string {
  const token = lex(source, 'Corefile').find(({ text }) => text === word)
  assert.ok(token)
  const error = new CorefileError(token, message, hint, kind)
  error.plugin = plugin
  return explainProblem(error, new Map([['Corefile', source]]))
}

test('explain: an error of a plugin has the first line of CoreDNS, the line and a caret with the remedy', () => {
  const source = '. {\n  forward . 1.1.1.1 {\n    max_fail 3\n  }\n}\n'
  const text = explain(
    source,
    'max_fail',
    "unknown property 'max_fail'",
    "did you mean 'max_fails'?",
    'parsing',
    'forward',
  )
  assert.equal(
    text,
    [
      "plugin/forward: Corefile:3 - Error during parsing: unknown property 'max_fail'",
      '     3 |     max_fail 3',
      "       |     ^^^^^^^^ did you mean 'max_fails'?",
    ].join('\n'),
  )
})

test('explain: an error without a remedy ends with the caret', () => {
  assert.equal(explain('a b', 'b', 'wrong'), 'Corefile:1 - Error during parsing: wrong\n     1 | a b\n       |   ^')
})

test('explain: an error of syntax says so', () => {
  const first = explain('. x', 'x', "Unexpected token 'x', expecting 'y'", '', 'syntax').split('\n')[0]
  assert.equal(first, "Corefile:1 - Syntax error: Unexpected token 'x', expecting 'y'")
})

test('explain: an error about a key is wrapped as CoreDNS wraps it, and the file is named below', () => {
  const text = explain('.. {\n}', '..', 'zone is not a valid domain name: ..', '', 'key')
  assert.equal(
    text,
    'error inspecting server blocks: zone is not a valid domain name: ..\n    in Corefile\n     1 | .. {\n       | ^^',
  )
})

test('explain: a plain error is the message alone', () => {
  const first = explain('. {\n}', '.', 'cannot serve dns://.:53 - it is already defined', '', 'plain').split('\n')[0]
  assert.equal(first, 'cannot serve dns://.:53 - it is already defined')
})

test('explain: an error without a place is its message and the remedy', () => {
  assert.equal(
    explainProblem(new CorefileError(null, 'wrong', 'do it right'), new Map()),
    'wrong\n       | do it right',
  )
})

test('explain: an error in a file whose text is unknown has no frame', () => {
  const token = lex('a', 'gone.conf')[0]!
  assert.equal(
    explainProblem(new CorefileError(token, 'wrong'), new Map()),
    'gone.conf:1 - Error during parsing: wrong',
  )
})

const frames: readonly { rule: string; source: string; word: string; frame: readonly string[] }[] = [
  {
    rule: 'a tab is four columns',
    source: '\tlog\ta\tbad',
    word: 'bad',
    frame: ['     1 |     log    a    bad', '       |                 ^^^ hint'],
  },
  {
    rule: 'control characters are shown as their pictures',
    source: 'a\x1b[31m bad\x07',
    word: 'bad\x07',
    frame: ['     1 | a␛[31m bad␇', '       |        ^^^^ hint'],
  },
  {
    rule: 'characters that turn the direction of writing are shown as replaced',
    source: 'a\u202e bad',
    word: 'bad',
    frame: ['     1 | a\ufffd bad', '       |    ^^^ hint'],
  },
  {
    rule: 'wide characters take two columns',
    source: '例え bad',
    word: 'bad',
    frame: ['     1 | 例え bad', '       |      ^^^ hint'],
  },
  {
    rule: 'combining characters take none',
    source: 'e\u0301 bad',
    word: 'bad',
    frame: ['     1 | e\u0301 bad', '       |   ^^^ hint'],
  },
  {
    rule: 'a byte order mark takes none',
    source: '\ufeffbad',
    word: 'bad',
    frame: ['     1 | bad', '       | ^^^ hint'],
  },
  {
    rule: 'a carriage return at the end of the line is left out',
    source: 'bad\r\n',
    word: 'bad',
    frame: ['     1 | bad', '       | ^^^ hint'],
  },
  {
    rule: 'of a word that runs over lines the first is underlined',
    source: 'x "a\nb"',
    word: 'a\nb',
    frame: ['     1 | x "a', '       |   ^^ hint'],
  },
  {
    rule: 'an empty word has a caret',
    source: 'x ""',
    word: '',
    frame: ['     1 | x ""', '       |   ^^ hint'],
  },
  {
    rule: 'of a long line the part around the error is shown',
    source: `${'a '.repeat(100)}bad ${'b '.repeat(100)}`,
    word: 'bad',
    frame: [`     1 | …${'a '.repeat(20)}bad ${'b '.repeat(33)}…`, `       | ${' '.repeat(41)}^^^ hint`],
  },
  {
    rule: 'the caret of a long word stays within what is shown',
    source: 'c'.repeat(500),
    word: 'c'.repeat(500),
    frame: [`     1 | ${'c'.repeat(110)}…`, `       | ${'^'.repeat(111)} hint`],
  },
]

for (const { rule, source, word, frame } of frames) {
  test(`frame: ${rule}`, () => {
    assert.deepEqual(explain(source, word, 'wrong', 'hint').split('\n').slice(1), frame)
  })
}

test('explain: control characters in messages, hints and names of files do nothing to a terminal', () => {
  const token = { ...lex('a', 'x')[0]!, file: 'x\x1by' }
  const text = explainProblem(
    new CorefileError(token, "unknown '\x1b[2J\u202e\n'", '\x9b1m'),
    new Map([['x\x1by', 'a']]),
  )
  assert.equal(text, "x\\x1by:1 - Error during parsing: unknown '\\x1b[2J\\u{202e}\\n'\n     1 | a\n       | ^ \\x9b1m")
})

test('explain: a message of great length is cut', () => {
  assert.ok(explain('a', 'a', 'x'.repeat(10_000)).length < 1000)
})
