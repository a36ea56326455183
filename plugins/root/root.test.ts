import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { captureLines } from '#lib/output.ts'
import { root } from '#plugins/root/index.ts'
import { buildPlugin } from '#test/support/plugin.ts'

describe('root', () => {
  const lines: string[] = []
  let release = (): void => {}
  let directory = ''

  beforeEach(() => {
    lines.length = 0
    release = captureLines(line => lines.push(line))
    directory = mkdtempSync(join(tmpdir(), 'nodens-root-'))
  })

  afterEach(() => {
    release()
    rmSync(directory, { recursive: true })
  })

  it('sets the directory that relative paths start from', () => {
    assert.equal(rootOf('root /srv/zones'), '/srv/zones')
  })

  it('may be relative itself, to the working directory', () => {
    const { instance } = buildPlugin(root, 'root zones')
    assert.equal(instance.plan.blocks[0]!.settings.root, 'zones')
  })

  it('is what the last of several says', () => {
    assert.equal(rootOf('root /a\nroot /b'), '/b')
  })

  it('says nothing of a directory that exists', async () => {
    await buildPlugin(root, `root ${directory}`).instance.hooks.run('startup')
    assert.deepEqual(lines, [])
  })

  it('warns of a directory that does not exist', async () => {
    await buildPlugin(root, `root ${directory}/missing`).instance.hooks.run('startup')
    assert.deepEqual(lines, [`[WARNING] plugin/root: Root path does not exist: ${directory}/missing`])
  })

  it('stops the start for a path that cannot be looked at', async () => {
    const path = `${directory}/${'x'.repeat(300)}`
    await assert.rejects(
      buildPlugin(root, `root ${path}`).instance.hooks.run('startup'),
      /unable to access root path '.*': ENAMETOOLONG/,
    )
  })
})

function rootOf(text: string): string {
  return buildPlugin(root, text).instance.plan.blocks[0]!.settings.root
}
