import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Directive } from '#corefile/directive.ts'
import type { Problems } from '#corefile/error.ts'
import { readCorefile } from '#test/support/corefile.ts'

/** The directive `cache` written with `text` after its name, and where its errors go. */
function directive(text: string): { read: Directive; problems: Problems } {
  const { corefile, problems, errors } = readCorefile(`. {\n cache ${text}\n}`)
  assert.deepEqual(errors, [])
  return { read: corefile.blocks[0]!.directives[0]!, problems }
}

function messages(problems: Problems): string[] {
  return problems.errors.map(({ message, hint }) => (hint === '' ? message : `${message} (${hint})`))
}

test('line: arguments are taken from left to right', () => {
  const { read } = directive('a b c d')
  assert.equal(read.required().text, 'a')
  assert.equal(read.optional()?.text, 'b')
  assert.deepEqual(
    read.rest().map(argument => argument.text),
    ['c', 'd'],
  )
  assert.equal(read.optional(), undefined)
  assert.deepEqual(read.rest(), [])
  assert.deepEqual(
    read.words.map(({ text }) => text),
    ['a', 'b', 'c', 'd'],
  )
})

const counts: readonly { rule: string; text: string; read: (line: Directive) => unknown; message: RegExp }[] = [
  { rule: 'a missing argument', text: '', read: line => line.required(), message: /line ending after 'cache'$/ },
  { rule: 'a missing rest', text: '', read: line => line.some(), message: /line ending after 'cache'$/ },
  { rule: 'two arguments instead of one', text: 'a b', read: line => line.one(), message: /line ending after 'b'$/ },
  { rule: 'an argument of a flag', text: 'a', read: line => line.flag(), message: /line ending after 'a'$/ },
  { rule: 'an argument that is left', text: 'a b', read: line => line.end(), message: /line ending after 'a'$/ },
]

for (const { rule, text, read, message } of counts) {
  test(`line: ${rule} is an error of count`, () => {
    assert.throws(() => read(directive(text).read), { name: 'CorefileError', message })
  })
}

test('block: options are read by name, the last of several wins, and absent ones are absent', () => {
  const { read, problems } = directive('{\n a 1\n b\n a 2\n}')
  const options = read.block({ a: o => o.one().int(), b: o => o.flag(), c: o => o.flag() })
  assert.deepEqual(options, { a: 2, b: true })
  assert.deepEqual(problems.errors, [])
})

test('block: no block, and an empty one, are no options', () => {
  assert.deepEqual(directive('').read.block({}), {})
  assert.deepEqual(directive('{\n }').read.block({}), {})
})

test('block: every option that is wrong is reported', () => {
  const { read, problems } = directive('{\n succes 1\n zzz\n success x\n success 1 2\n constructor\n}')
  const options = read.block({ success: o => o.required().int() })
  assert.deepEqual(options, { success: 1 })
  assert.deepEqual(messages(problems), [
    "unknown property 'succes' (did you mean 'success'?)",
    "unknown property 'zzz'",
    "'x' is not a whole number",
    "Wrong argument count or unexpected line ending after '2'",
    "unknown property 'constructor'",
  ])
})

test('block: what has no reader goes to the one for the rest', () => {
  const { read, problems } = directive('{\n 1.2.3.4 a b\n}')
  const rest: string[][] = []
  read.block({}, line => rest.push([line.name.text, ...line.rest().map(argument => argument.text)]))
  assert.deepEqual(rest, [['1.2.3.4', 'a', 'b']])
  assert.deepEqual(problems.errors, [])
})

test('block: an option with braces that nobody reads is an error', () => {
  const { read, problems } = directive('{\n success 1 {\n  x\n }\n denial {\n }\n}')
  read.block({ success: o => o.one().int(), denial: o => o.takeLines() })
  assert.deepEqual(messages(problems), ["'success' takes no block (leave out the '{' after it and all up to its '}')"])
})

test('block: an option may read the lines between its braces', () => {
  const { read, problems } = directive('{\n success {\n  x 1\n  y\n }\n}')
  const options = read.block({ success: o => o.takeLines().map(line => line.name.text) })
  assert.deepEqual(options, { success: ['x', 'y'] })
  assert.deepEqual(problems.errors, [])
})

test('block: a directive that takes none reports each option', () => {
  const { read, problems } = directive('{\n a\n b\n}')
  read.noBlock()
  assert.deepEqual(messages(problems), ["unknown property 'a'", "unknown property 'b'"])
})

test('line: empty braces in one word get a remedy', () => {
  const { read } = directive('{}')
  assert.throws(() => read.end(), { hint: "write '{' at the end of the line and '}' on a line of its own" })
})
