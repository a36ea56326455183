import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Line } from '#corefile/directive.ts'
import { formatKey } from '#corefile/key.ts'
import type { Corefile } from '#corefile/parser.ts'
import type { CorefileWorld } from '#test/support/corefile.ts'
import { readCorefile } from '#test/support/corefile.ts'

interface Case extends CorefileWorld {
  readonly rule: string
  readonly text: string
  /** The blocks as `key key: directive word word { option word } directive`. */
  readonly blocks: readonly string[]
  readonly warnings?: readonly string[]
  /** How many errors are reported besides; what they say is tested in test/fixtures/broken. */
  readonly errors?: number
}

const cases: readonly Case[] = [
  { rule: 'an empty file has no blocks', text: '', blocks: [] },
  { rule: 'a block without directives is kept', text: '. {\n}', blocks: ['dns://.:53:'] },
  { rule: 'braces may stand on one line when the block is empty', text: '. { }', blocks: ['dns://.:53:'] },
  { rule: 'a line of keys alone is a block', text: 'example.org', blocks: ['dns://example.org.:53:'] },
  {
    rule: 'a single block needs no braces',
    text: '.:1053\nerrors\ncache 30 {\n success 10\n}',
    blocks: ['dns://.:1053: errors cache 30 { success 10 }'],
  },
  {
    rule: 'a block without braces may follow snippets',
    text: '(s) {\n log\n}\n.\nimport s\nerrors',
    blocks: ['dns://.:53: log errors'],
  },
  { rule: 'keys are separated by blanks', text: 'a b. c:1 {\n}', blocks: ['dns://a.:53 dns://b.:53 dns://c.:1:'] },
  { rule: 'keys are separated by commas', text: 'a, b {\n}', blocks: ['dns://a.:53 dns://b.:53:'] },
  {
    rule: 'a comma at the end of a line lets keys go on',
    text: 'a,\nb, c {\n}',
    blocks: ['dns://a.:53 dns://b.:53 dns://c.:53:'],
  },
  {
    rule: 'the opening brace may stand on the line after the keys',
    text: 'a\n{\n log\n}',
    blocks: ['dns://a.:53: log'],
  },
  {
    rule: 'the default port is for dns alone',
    text: 'a tls://b dns://c:53 https://d grpc://e quic://f https3://g {\n}',
    defaultPort: 1053,
    blocks: ['dns://a.:1053 tls://b.:853 dns://c.:53 https://d.:443 grpc://e.:443 quic://f.:853 https3://g.:443:'],
  },
  {
    rule: 'a CIDR becomes a key for each of its zones, in its place',
    text: 'a 10.0.0.0/15:54 b {\n}',
    blocks: ['dns://a.:53 dns://0.10.in-addr.arpa.:54 dns://1.10.in-addr.arpa.:54 dns://b.:53:'],
  },
  { rule: 'a key in quotes is a key', text: '"a" {\n}', blocks: ['dns://a.:53:'] },
  { rule: 'an empty key in quotes does not count', text: 'a "" b {\n}', blocks: ['dns://a.:53 dns://b.:53:'] },
  {
    rule: 'occurrences of a directive stay apart and in order',
    text: '. {\n log a\n errors\n log b\n}',
    blocks: ['dns://.:53: log a errors log b'],
  },
  { rule: 'a directive ends with its line', text: '. {\n log a\n b.org\n}', blocks: ['dns://.:53: log a'], errors: 1 },
  {
    rule: 'a word in quotes that runs over lines stays on the line of the directive',
    text: '. {\n log "a\nb" c\n errors\n}',
    blocks: ['dns://.:53: log a\nb c errors'],
  },
  { rule: 'an empty block of a directive is a block', text: '. {\n cache {\n }\n}', blocks: ['dns://.:53: cache { }'] },
  {
    rule: 'the block of a directive may stand on one line',
    text: '. {\n health { lameduck 5s }\n log\n}',
    blocks: ['dns://.:53: health { lameduck 5s } log'],
  },
  {
    rule: 'an option may follow the opening brace',
    text: '. {\n cache { success 1\n denial 2 }\n}',
    blocks: ['dns://.:53: cache { success 1 denial 2 }'],
  },
  {
    rule: 'braces nest, and nothing in them is lost',
    text: '. {\n log {\n  a b {\n   c\n   d e\n  }\n  f\n }\n}',
    blocks: ['dns://.:53: log { a b { c d e } f }'],
  },
  { rule: 'a brace in quotes is a word', text: '. {\n log "{" "}"\n}', blocks: ['dns://.:53: log { }'] },
  {
    rule: 'a brace that is part of a word is no brace',
    text: '. {\n log {} a{b }c\n}',
    blocks: ['dns://.:53: log {} a{b }c'],
  },
  {
    rule: 'a word that ends in a brace is a word when the next line is a directive',
    text: '. {\n log a{\n errors\n}',
    blocks: ['dns://.:53: log a{ errors'],
  },
  { rule: 'a directive name may be in quotes', text: '. {\n "log"\n}', blocks: ['dns://.:53: log'] },

  {
    rule: 'a snippet is put in where it is imported',
    text: '(s) {\n errors\n log a\n}\na {\n import s\n cache\n}\nb {\n import s\n}',
    blocks: ['dns://a.:53: errors log a cache', 'dns://b.:53: errors log a'],
  },
  {
    rule: 'a snippet may start on the line of its brace',
    text: '(s) { errors\n}\n. {\n import s\n}',
    blocks: ['dns://.:53: errors'],
  },
  { rule: 'a snippet may be empty', text: '(s) {\n}\n. {\n import s\n log\n}', blocks: ['dns://.:53: log'] },
  {
    rule: 'a snippet of options is imported inside of the block of a directive',
    text: '(s) {\n success 1\n}\n. {\n cache {\n  denial 2\n  import s\n  keepttl\n }\n}',
    blocks: ['dns://.:53: cache { denial 2 success 1 keepttl }'],
  },
  {
    rule: 'a snippet may import a snippet that is declared later',
    text: '(a) {\n import b\n}\n(b) {\n log\n}\n. {\n import a\n}',
    blocks: ['dns://.:53: log'],
  },
  {
    rule: 'a snippet is declared before it is imported',
    text: '. {\n import s\n}\n(s) {\n log\n}',
    blocks: ['dns://.:53:'],
    errors: 1,
  },
  { rule: 'a snippet that nobody imports is no block', text: '(s) {\n log\n}', blocks: [] },
  {
    rule: 'a snippet may hold a whole server block',
    text: '(s) {\n a {\n  log\n }\n}\nimport s',
    blocks: ['dns://a.:53: log'],
  },
  {
    rule: 'keys with several parenthesised words are no snippet',
    text: '(a) (b) {\n}',
    blocks: [String.raw`dns://\(a\).:53 dns://\(b\).:53:`],
  },
  {
    rule: 'import that does not start a line is a word',
    text: '. {\n log import s\n}',
    blocks: ['dns://.:53: log import s'],
  },

  {
    rule: 'a file is put in where it is imported',
    text: '. {\n import a.conf\n errors\n}',
    files: { 'a.conf': 'log\ncache' },
    blocks: ['dns://.:53: log cache errors'],
  },
  {
    rule: 'a file of server blocks is imported between blocks',
    text: 'import a.conf\n. {\n}',
    files: { 'a.conf': 'a {\n log\n}' },
    blocks: ['dns://a.:53: log', 'dns://.:53:'],
  },
  {
    rule: 'a file of keys is imported before a block',
    text: 'import keys\n{\n log\n}',
    files: { keys: 'a\n' },
    blocks: ['dns://a.:53: log'],
  },
  {
    rule: 'a file may declare snippets',
    text: 'import s.conf\n. {\n import s\n}',
    files: { 's.conf': '(s) {\n log\n}' },
    blocks: ['dns://.:53: log'],
  },
  {
    rule: 'an imported file may import, relative to its own place',
    text: '. {\n import d/a\n}',
    files: { 'd/a': 'log\nimport b', 'd/b': 'errors' },
    blocks: ['dns://.:53: log errors'],
  },
  {
    rule: 'an imported file may be empty',
    text: '. {\n import a\n log\n}',
    files: { a: '# nothing' },
    blocks: ['dns://.:53: log'],
  },
  {
    rule: 'a path may be absolute',
    text: '. {\n import /etc/a\n}',
    files: { '/etc/a': 'log' },
    blocks: ['dns://.:53: log'],
  },
  {
    rule: 'a snippet wins over a file of the same name',
    text: '(a) {\n log\n}\n. {\n import a\n}',
    files: { a: 'errors' },
    blocks: ['dns://.:53: log'],
  },
  {
    rule: 'a file may be imported twice',
    text: 'a {\n import x\n}\nb {\n import x\n}',
    files: { x: 'log' },
    blocks: ['dns://a.:53: log', 'dns://b.:53: log'],
  },
  {
    rule: 'a pattern imports files in order of name',
    text: '. {\n import conf/*.x\n}',
    files: { 'conf/b.x': 'errors', 'conf/a.x': 'log', 'conf/c.y': 'cache' },
    blocks: ['dns://.:53: log errors'],
  },
  {
    rule: 'files of one pattern may import each other',
    text: '. {\n import conf/*\n}',
    files: { 'conf/a': 'import b', 'conf/b': 'log' },
    blocks: ['dns://.:53: log log'],
  },
  {
    rule: 'a pattern that matches nothing is a warning',
    text: '. {\n import conf/*\n log\n}',
    blocks: ['dns://.:53: log'],
    warnings: ['No files matching import glob pattern: conf/*'],
  },
  {
    rule: 'what is imported ends its line, wherever it came from',
    text: '(s) {\n success 1\n}\n\n\n. {\n cache {\n  denial 2\n  import s\n }\n}',
    blocks: ['dns://.:53: cache { denial 2 success 1 }'],
  },
  {
    rule: 'braces may be closed by what is imported',
    text: '. {\n cache {\n import end\n log\n}',
    files: { end: '}' },
    blocks: ['dns://.:53: cache { } log'],
  },

  {
    rule: 'variables are put into keys, names, arguments and options',
    text: '{$Z}:{$P} {\n {$D} a{%A%}b "{$A} c" {\n  x{$A}\n }\n}',
    environment: { Z: 'a.org', P: '54', D: 'log', A: 'one' },
    blocks: ['dns://a.org.:54: log aoneb one c { xone }'],
  },
  {
    rule: 'variables are put into import',
    text: '. {\n import {$F}\n}',
    environment: { F: 'a' },
    files: { a: 'log' },
    blocks: ['dns://.:53: log'],
  },
  {
    rule: 'variables are put into snippets where they are imported',
    text: '(s) {\n log {$A}\n}\n. {\n import s\n}',
    environment: { A: 'one' },
    blocks: ['dns://.:53: log one'],
  },
  {
    rule: 'a value with blanks is one word',
    text: '. {\n log {$A}\n}',
    environment: { A: 'a b' },
    blocks: ['dns://.:53: log a b'],
  },
  {
    rule: 'a comma in a value lets keys go on',
    text: '{$A}\nb {\n}',
    environment: { A: 'a,' },
    blocks: ['dns://a.:53 dns://b.:53:'],
  },
  { rule: 'an unset variable among keys does not count', text: '{$A} b {\n}', blocks: ['dns://b.:53:'] },
  {
    rule: 'a block without a key once variables are put in is left out',
    text: '{$A} {\n log\n}\n. {\n}',
    blocks: ['dns://.:53:'],
    warnings: ['Corefile:1: this server block has no key and is left out'],
  },
]

for (const { rule, text, blocks, warnings = [], errors = 0, ...world } of cases) {
  test(`parse: ${rule}`, () => {
    const read = readCorefile(text, world)
    assert.equal(read.errors.length, errors, read.errors.join('\n'))
    assert.deepEqual(shownBlocks(read.corefile), blocks)
    assert.deepEqual(read.warnings, warnings)
  })
}

test('parse: tokens carry the name of the file that they are from', () => {
  const { corefile } = readCorefile('. {\n import d/a\n log\n}', { files: { 'd/a': 'errors' } })
  assert.deepEqual(
    corefile.blocks[0]!.directives.map(({ name }) => `${name.file}:${name.line}`),
    ['d/a:1', 'Corefile:3'],
  )
  assert.deepEqual(corefile.files, ['Corefile', 'd/a'])
  assert.equal(corefile.sources.get('d/a'), 'errors')
})

test('parse: all keys of a CIDR stand where the CIDR is written', () => {
  const { corefile } = readCorefile('a, 10.0.0.0/15 {\n}')
  assert.deepEqual(new Set(corefile.blocks[0]!.keys.slice(1).map(key => key.token.text)), new Set(['10.0.0.0/15']))
})

function shownBlocks({ blocks }: Corefile): string[] {
  return blocks.map(({ keys, directives }) => [`${keys.map(formatKey).join(' ')}:`, ...directives.map(shown)].join(' '))
}

function shown(line: Line): string {
  const words = [line.name, ...line.words].map(token => token.text)
  const block = line.lines === null ? [] : ['{', ...line.lines.map(shown), '}']
  return [...words, ...block].join(' ')
}
