import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCorefile } from '#test/support/corefile.ts'

/** Ten snippets, each of which imports the one before it ten times. */
function multiplying(levels: number): string {
  const snippets = Array.from({ length: levels }, (_, level) => {
    const body = level === 0 ? ' log\n' : ` import s${level - 1}\n`.repeat(10)
    return `(s${level}) {\n${body}}\n`
  })
  return `${snippets.join('')}. {\n import s${levels - 1}\n}\n`
}

test('import: snippets that multiply stop at the limit, with one error', () => {
  const { errors } = readCorefile(multiplying(10))
  assert.equal(errors.length, 1)
  assert.match(errors[0]!, /maximum snippet import depth \(10000\) exceeded/)
})

test('import: snippets that multiply within the limit are put in', () => {
  const { corefile, errors } = readCorefile(multiplying(4))
  assert.deepEqual(errors, [])
  assert.equal(corefile.blocks[0]!.directives.length, 1000)
})

test('import: long snippets that multiply stop at the limit for words, with one error', () => {
  const long = `(s) {\n${' log a b c d e f g\n'.repeat(1000)}}\n. {\n${' import s\n'.repeat(200)}}\n`
  const { errors } = readCorefile(long)
  assert.equal(errors.length, 1)
  assert.match(errors[0]!, /more than 1000000 words/)
})

test('import: files that multiply stop at a limit, with one error', () => {
  const files = Object.fromEntries(
    Array.from({ length: 8 }, (_, level) => [`f${level}`, level === 0 ? 'log' : `import f${level - 1}\n`.repeat(10)]),
  )
  const { errors } = readCorefile('. {\n import f7\n}', { files })
  assert.equal(errors.length, 1)
  assert.ok(errors[0]!.includes('maximum file import depth (100000) exceeded'))
})

test('import: a long chain of files is followed to its end', () => {
  const files = Object.fromEntries(
    Array.from({ length: 3000 }, (_, i) => [`f${i}`, i === 2999 ? 'log' : `import f${i + 1}`]),
  )
  const { corefile, errors } = readCorefile('. {\n import f0\n}', { files })
  assert.deepEqual(errors, [])
  assert.equal(corefile.blocks[0]!.directives.length, 1)
})

test('import: a file that imports itself by another spelling of its name is a circle', () => {
  const { errors } = readCorefile('. {\n import a\n}', { files: { a: 'import ./x/../a' } })
  assert.equal(errors.length, 1)
  assert.match(errors[0]!, /^a:1 - Error during parsing: file import goes in a circle: a$/m)
})

test('import: the Corefile itself cannot be imported', () => {
  const { errors } = readCorefile('. {\n log\n}\nimport Corefile')
  assert.equal(errors.length, 1)
  assert.match(errors[0]!, /^Corefile:4 - Error during parsing: file import goes in a circle: Corefile$/m)
})

test('import: an error in a snippet that is imported twice is reported once', () => {
  const { errors } = readCorefile('(s) {\n logg\n}\na {\n import s\n}\nb {\n import s\n}')
  assert.equal(errors.length, 1)
})

test('zones: keys that expand without bound stop at the limit, with one error', () => {
  const { errors } = readCorefile(`${'128.0.0.0/1 '.repeat(1000)} {\n}`)
  assert.equal(errors.length, 1)
  assert.match(errors[0]!, /more than 100000 zones/)
})

test('braces: a file of nothing but opening braces ends with errors, not with a full stack', () => {
  const { errors } = readCorefile(`. {\nlog {\n${' a {\n'.repeat(100_000)}`)
  assert.equal(errors.length, 1)
  assert.match(errors[0]!, /braces are nested more than 100 deep/)
})

test('errors: of a great many the first hundred are given, and the number of the rest', () => {
  const { errors } = readCorefile(`. {\n${'logg\n'.repeat(100_000)}}`)
  assert.equal(errors.length, 101)
  assert.equal(errors.at(-1), '99900 more errors')
})

test('import: a path with a NUL character is an error, not an exception of the file system', () => {
  const { errors } = readCorefile('. {\n import "a\0b"\n}')
  assert.match(errors[0]!, /a path can not hold a NUL character/)
})

test('import: a file that cannot be read is an error with the reason', () => {
  const { errors } = readCorefile('. {\n import a\n}', { files: { a: '' }, unreadable: ['a'] })
  assert.match(errors[0]!, /^Corefile:2 - Error during parsing: Could not import a: permission denied$/m)
})
