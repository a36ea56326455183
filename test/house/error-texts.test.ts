import test from 'node:test'
import { plugins } from '#plugins/order.ts'
import { agree, messagesInCode, messagesInDocs } from '#test/support/error-texts.ts'
import { codeBlocksOf, sectionsOf } from '#test/support/markdown.ts'
import { assertNone, filesMatching, productionFiles, readText } from '#test/support/source.ts'

const documented = messagesInDocs({ path: 'docs/errors.md', text: readText('docs/errors.md') })
const coded = productionFiles()
  .filter(({ path }) => /^(src\/(corefile|server|plugin)|plugins)\//.test(path))
  .flatMap(messagesInCode)

test('every error text in the code is explained in docs/errors.md', () => {
  const missing = coded.filter(message => !documented.some(row => agree(message, row)))
  assertNone(
    missing.map(({ place, text }) => `${place}: ${text}`),
    'Add a row to the table of its section: | `message` | what is wrong, and what to do |, values as words in CAPITALS:',
  )
})

test('every error text in docs/errors.md is provoked by a test', () => {
  const provoked = textsOfTests()
  const missing = documented.filter(({ expression }) => {
    const anywhere = new RegExp(expression.source.slice(1, -1))
    return !provoked.some(text => anywhere.test(text))
  })
  assertNone(
    missing.map(({ place, text }) => `${place}: ${text}`),
    'Add a case to test/fixtures/broken/*.md (or a test that expects the message), or take the row out:',
  )
})

test('an error text is explained once in its section', () => {
  const twice = sectionsOf(readText('docs/errors.md')).flatMap(section => {
    const rows = messagesInDocs({ path: '', text: section.text }).map(({ text }) => text)
    return rows.filter((text, index) => rows.indexOf(text) !== index).map(text => `${section.title}: ${text}`)
  })
  assertNone(twice, 'Take the second row out:')
})

test('the sections of docs/errors.md for plugins stand in the order of the chain', () => {
  const chain = plugins.map(({ name }) => `plugin/${name}`)
  const titles = sectionsOf(readText('docs/errors.md'))
    .map(({ title }) => title)
    .filter(title => title.startsWith('plugin/'))
  const sorted = titles.toSorted((left, right) => chain.indexOf(left) - chain.indexOf(right))
  assertNone(
    titles.filter(
      (title, index) => title !== sorted[index] || !chain.includes(title) || titles.indexOf(title) !== index,
    ),
    `Have one section for each plugin, in the order of plugins/order.ts (${sorted.join(', ')}):`,
  )
})

/** Lines of the expected errors in test/fixtures/broken, and of every test, with their quotes unescaped. */
function textsOfTests(): string[] {
  const broken = filesMatching('test/fixtures/broken/*.md').flatMap(({ text }) =>
    codeBlocksOf(text).filter(({ language }) => language === 'error'),
  )
  const tests = filesMatching('{src,plugins,test}/**/*.test.ts').filter(({ path }) => !path.startsWith('test/house/'))
  return [...broken.map(({ text }) => text), ...tests.map(({ text }) => text.replaceAll(/\\(['"`])/g, '$1'))].flatMap(
    text => text.split('\n'),
  )
}
