import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { diskFiles } from '#corefile/files.ts'

const root = mkdtempSync(join(tmpdir(), 'nodens-files-'))
after(() => rmSync(root, { recursive: true }))
mkdirSync(join(root, 'conf'))
mkdirSync(join(root, 'conf', '..data'))
for (const name of ['b.server', 'a.server', '.hidden', 'note']) writeFileSync(join(root, 'conf', name), `# ${name}`)

function glob(pattern: string): string[] {
  return diskFiles.glob(join(root, pattern)).map(path => path.slice(root.length + 1))
}

test('files: a file is read as text', () => {
  assert.equal(diskFiles.read(join(root, 'conf/note')), '# note')
})

test('files: what is no regular file cannot be read, and the reason is given', () => {
  assert.throws(() => diskFiles.read(join(root, 'gone')), { message: 'no such file' })
  assert.throws(() => diskFiles.read(join(root, 'conf')), { message: 'is not a regular file' })
  assert.throws(() => diskFiles.read(join(root, 'conf/note/below')), Error)
})

test('files: a device is not read without end', { skip: process.platform === 'win32' && 'no /dev/zero' }, () => {
  assert.throws(() => diskFiles.read('/dev/zero'), { message: 'is not a regular file' })
})

test('files: a pattern without wildcards matches what has this name', () => {
  assert.deepEqual(glob('conf/note'), ['conf/note'])
  assert.deepEqual(glob('conf'), ['conf'])
  assert.deepEqual(glob('gone'), [])
  assert.deepEqual(glob('conf/note/below'), [])
  assert.deepEqual(diskFiles.glob(''), [])
})

test('files: a star matches names in order, hidden ones and directories too, but not across directories', () => {
  assert.deepEqual(glob('conf/*.server'), ['conf/a.server', 'conf/b.server'])
  assert.deepEqual(glob('conf/*'), ['conf/..data', 'conf/.hidden', 'conf/a.server', 'conf/b.server', 'conf/note'])
  assert.deepEqual(glob('*'), ['conf'])
})

test('files: a wildcard may stand in the name of a directory', () => {
  assert.deepEqual(glob('c?nf/a.server'), ['conf/a.server'])
  assert.deepEqual(glob('gone*/a.server'), [])
})

test('files: directories are told from files', () => {
  assert.deepEqual(
    ['conf', 'conf/note', 'gone'].map(path => diskFiles.isDirectory(join(root, path))),
    [true, false, false],
  )
})
