import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashCorefile } from '#corefile/hash.ts'
import type { CorefileWorld } from '#test/support/corefile.ts'
import { readCorefile } from '#test/support/corefile.ts'

const text = '. {\n log a\n cache {\n  success 1\n }\n}'

function hash(source: string, world: CorefileWorld = {}): string {
  return hashCorefile(readCorefile(source, world).corefile)
}

const same: readonly { rule: string; source: string; world?: CorefileWorld }[] = [
  { rule: 'comments', source: `# x\n. {\n log a # y\n cache {\n  success 1\n }\n}\n# z` },
  { rule: 'white space', source: '.   {\n\n\tlog  a\r\n cache { success 1\n }\n\n}' },
  { rule: 'quotes', source: text.replace('log a', 'log "a"') },
  { rule: 'the order of directives of different plugins', source: '. {\n cache {\n  success 1\n }\n log a\n}' },
  { rule: 'the way a zone is written', source: text.replace('. {', 'dns://.:53 {') },
  {
    rule: 'the file that a directive is written in',
    source: '. {\n import l\n cache {\n  success 1\n }\n}',
    world: { files: { l: 'log a' } },
  },
  { rule: 'variables by their names', source: text.replace('log a', 'log {$A}'), world: { environment: { A: 'a' } } },
]

for (const { rule, source, world } of same) {
  test(`hash: ${rule} do not count`.replace('do not', /s$|by/.test(rule) ? 'do not' : 'does not'), () => {
    assert.equal(hash(source, world), hash(text))
  })
}

const different: readonly { rule: string; source: string }[] = [
  { rule: 'an argument', source: text.replace('log a', 'log b') },
  { rule: 'a further argument', source: text.replace('log a', 'log a a') },
  { rule: 'a name', source: text.replace('log a', 'errors a') },
  { rule: 'an option', source: text.replace('success 1', 'success 2') },
  { rule: 'where words are divided', source: text.replace('success 1', 'success1') },
  { rule: 'where options are divided', source: text.replace('success 1', 'success\n1') },
  { rule: 'the presence of a block', source: text.replace('log a', 'log a {\n }') },
  { rule: 'a port', source: text.replace('. {', '.:54 {') },
  { rule: 'a further key', source: text.replace('. {', '. a {') },
  { rule: 'the order of directives of one plugin', source: text.replace('log a', 'log b\n log a') },
]

test('hash: what a Corefile says does count', () => {
  const hashes = [text, ...different.map(({ source }) => source)].map(source => hash(source))
  assert.equal(new Set(hashes).size, hashes.length)
  assert.notEqual(hash('. {\n log b\n log a\n}'), hash('. {\n log a\n log b\n}'))
})

test('hash: it is a SHA-512 in hex', () => {
  assert.match(hash(text), /^[0-9a-f]{128}$/)
})

test('hash: an imported file counts', () => {
  const source = '. {\n import l\n}'
  assert.notEqual(hash(source, { files: { l: 'log a' } }), hash(source, { files: { l: 'log b' } }))
})
