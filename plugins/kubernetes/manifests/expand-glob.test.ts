import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { expandGlob } from '#plugins/kubernetes/manifests/expand-glob.ts'

test('expandGlob', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-glob-'))
  t.after(() => rmSync(directory, { recursive: true }))
  for (const path of ['a.yaml', 'b.yml', 'web/a.yaml', 'web/deep/c.yaml', '..data/a.yaml', '.hidden.yaml']) {
    mkdirSync(join(directory, path, '..'), { recursive: true })
    writeFileSync(join(directory, path), '')
  }
  const cases: readonly [pattern: string, paths: readonly string[]][] = [
    ['*.yaml', ['a.yaml']],
    ['?.y*', ['a.yaml', 'b.yml']],
    ['*/*.yaml', ['web/a.yaml']],
    ['**/*.yaml', ['a.yaml', 'web/a.yaml', 'web/deep/c.yaml']],
    ['web/**/c.yaml', ['web/deep/c.yaml']],
    ['.*.yaml', ['.hidden.yaml']],
    ['none/*.yaml', []],
  ]
  for (const [pattern, paths] of cases) {
    await t.test(pattern, async () => {
      const expected = paths.map(path => join(directory, path))
      assert.deepEqual(await expandGlob(join(directory, pattern)), expected)
    })
  }
})
