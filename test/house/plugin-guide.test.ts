import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'node:test'
import { codeBlocksOf } from '#test/support/markdown.ts'
import { REPOSITORY, readText } from '#test/support/source.ts'

const page = readText('docs/writing-a-plugin.md')

test('the example plugin in docs/writing-a-plugin.md compiles and passes its tests', t => {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-guide-'))
  t.after(() => rmSync(directory, { recursive: true }))
  for (const linked of ['src', 'test', 'node_modules']) symlinkSync(REPOSITORY + linked, join(directory, linked))
  writeFileSync(join(directory, 'package.json'), readText('package.json'))
  const config = { extends: `${REPOSITORY}tsconfig.json`, compilerOptions: { types: ['node'] }, include: ['plugins'] }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config))
  const files = exampleFiles()
  assert.deepEqual([...files.keys()], ['plugins/sinkhole/index.ts', 'plugins/sinkhole/sinkhole.test.ts'])
  for (const [path, text] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }

  const compiled = run(directory, ['node_modules/typescript/bin/tsc', '--noEmit'])
  const broken = compiled.output.split('\n').filter(line => line.startsWith('plugins/'))
  assert.deepEqual(broken, [], 'Correct the example in docs/writing-a-plugin.md, so that it compiles')

  assert.ok(compiled.status === 0 || compiled.output.includes('error TS'), `tsc did not run:\n${compiled.output}`)

  const tested = run(directory, ['--test', '--test-reporter=tap', 'plugins/sinkhole/sinkhole.test.ts'])
  assert.equal(tested.status, 0, `Correct the example in docs/writing-a-plugin.md:\n${tested.output}`)
  assert.match(tested.output, /^# tests 7$/m)
})

/** The blocks that follow a line which is a path in backticks and a colon. */
function exampleFiles(): Map<string, string> {
  const lines = page.split('\n')
  const blocks = codeBlocksOf(page).filter(({ language }) => language === 'ts')
  return new Map(blocks.map(({ line, text }) => [/^`(.+)`:$/.exec(lines[line - 4] ?? '')?.[1] ?? `line ${line}`, text]))
}

function run(directory: string, args: readonly string[]): { status: number | null; output: string } {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env // Otherwise the inner test runner reports to the outer one.
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: directory, env, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}
