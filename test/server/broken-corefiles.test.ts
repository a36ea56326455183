import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { plugins } from '#plugins/order.ts'
import { checkCorefile } from '#server/check.ts'
import type { CodeBlock } from '#test/support/markdown.ts'
import { codeBlocksOf, sectionsOf } from '#test/support/markdown.ts'

/**
 * Every page in test/fixtures/broken holds cases: a heading that names the rule, a block `corefile`, a block `error` with the
 * first line of each error in the order of the file, and if need be blocks `file NAME` with what is imported and a block
 * `environment` of lines NAME=VALUE.
 */
const pages = new URL('../fixtures/broken/', import.meta.url)
const home = process.cwd()
const scratch = mkdtempSync(join(tmpdir(), 'nodens-broken-'))

after(() => {
  process.chdir(home)
  rmSync(scratch, { recursive: true })
})

for (const page of readdirSync(pages).sort()) {
  const sections = sectionsOf(readFileSync(new URL(page, pages), 'utf8'))
  for (const { title, text, line } of sections.filter(({ level }) => level === 2)) {
    test(`${page}: ${title}`, () => {
      const blocks = codeBlocksOf(text)
      const corefile = blocks.find(({ language }) => language === 'corefile')
      const expected = blocks.find(({ language }) => language === 'error')
      assert.ok(corefile && expected, `${page}:${line}: a case has a block 'corefile' and a block 'error'`)
      const errors = inWorld(blocks, () => checkCorefile(corefile.text, 'Corefile', plugins))
      assert.deepEqual(errors.map(firstLine), expected.text.trimEnd().split('\n'), errors.join('\n'))
      for (const error of errors) assert.match(error, /\n {3,}\d+ \| .*\n {7}\| +\^/, 'an error shows its place')
    })
  }
}

/** Runs `work` in a directory with the files, and in the environment, that the case names. */
function inWorld<T>(blocks: readonly CodeBlock[], work: () => T): T {
  const directory = mkdtempSync(join(scratch, 'case-'))
  for (const { language, text } of blocks) {
    const name = /^file (\S+)$/.exec(language)?.[1]
    if (name === undefined) continue
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  const variables = blocks
    .filter(({ language }) => language === 'environment')
    .flatMap(({ text }) => text.trimEnd().split('\n'))
    .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
  process.chdir(directory)
  try {
    for (const [name, value] of variables) process.env[name] = value
    return work()
  } finally {
    for (const [name] of variables) delete process.env[name]
    process.chdir(home)
  }
}

function firstLine(error: string): string {
  return error.slice(0, error.indexOf('\n'))
}
