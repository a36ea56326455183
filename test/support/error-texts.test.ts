// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are source code
import assert from 'node:assert/strict'
import test from 'node:test'
import { agree, messagesInCode, messagesInDocs } from '#test/support/error-texts.ts'

const code = (text: string) => messagesInCode({ path: 'x.ts', text })
const docs = (text: string) => messagesInDocs({ path: 'errors.md', text })

test('messages are found in calls, with holes for values', () => {
  const found = code(
    "if (a) line.fail(`unknown ${what} '${f(x, `y`)}'`, line.name)\nthrow new CorefileError(at(), 'is bad')",
  )
  assert.deepEqual(
    found.map(({ place, text }) => [place, text]),
    [
      ['x.ts:1', "unknown X 'X'"],
      ['x.ts:2', 'is bad'],
    ],
  )
})

test('a choice between messages is both', () => {
  assert.deepEqual(
    code("o.fail(many ? 'too many' : `too few: ${count}` + rest)").map(({ text }) => text),
    ['too many', 'too few: XX'],
  )
})

test('messages in variables are passed over', () => {
  assert.deepEqual(code('o.fail(message)\no.fail(`${a}: ${b}`)\no.fail(why(1), hint)'), [])
})

test('a row agrees with code when the values can be the same', () => {
  const [row] = docs("| `unknown policy 'NAME'` | Another word. |")
  assert.equal(agree(code("o.fail(`unknown policy '${text}'`)")[0]!, row!), true)
  assert.equal(agree(code("o.fail(`unknown ${what} '${text}'`)")[0]!, row!), true)
  assert.equal(agree(code("o.fail(`unknown class '${text}'`)")[0]!, row!), false)
})
