import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { diskFiles } from '#corefile/files.ts'
import { hashCorefile } from '#corefile/hash.ts'
import { plugins } from '#plugins/order.ts'
import { planConfiguration } from '#server/check.ts'
import { recordedFiles, recordFiles } from '#server/recorded-files.ts'

test('a configuration is planned the same from the record, whatever has become of its files', t => {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'a.conf'), 'whoami\n')
  writeFileSync(join(directory, 'b.conf'), 'log\n')
  const text = `. {\nimport ${directory}/*.conf\n}`
  const options = { plugins, defaultPort: 53 }
  const { files, record } = recordFiles(diskFiles)
  const first = planConfiguration(text, 'Corefile', { ...options, files })
  writeFileSync(join(directory, 'a.conf'), 'erratic\n')
  writeFileSync(join(directory, 'c.conf'), 'errors\n')
  const second = planConfiguration(text, 'Corefile', { ...options, files: recordedFiles(structuredClone(record)) })
  assert.equal(hashCorefile(second.corefile), hashCorefile(first.corefile))
})

test('what the record does not have is not there', () => {
  const files = recordedFiles({ texts: new Map(), globs: new Map(), directories: new Map() })
  assert.throws(() => files.read('/etc/hosts'), /no such file/)
  assert.deepEqual([files.glob('/etc/*'), files.isDirectory('/etc')], [[], false])
})
