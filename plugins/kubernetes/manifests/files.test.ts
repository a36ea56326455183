import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ManifestFiles } from '#plugins/kubernetes/manifests/files.ts'

const service = (name: string): string =>
  `{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { clusterIP: 10.96.1.1, ports: [{ port: 80 }] } }\n`
const fail = (message: string): never => assert.fail(message)
const noLog = { debug: fail, info: fail, warning: fail, error: fail, plain: fail }

describe('a manifest file that has become empty', () => {
  async function emptied(t: TestContext): Promise<{ files: ManifestFiles; write(text: string): void }> {
    const directory = mkdtempSync(join(tmpdir(), 'nodens-files-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const write = (text: string): void => writeFileSync(join(directory, 'a.yaml'), text)
    write(service('web'))
    const files = new ManifestFiles([directory], noLog, false)
    assert.equal(await files.refresh(), true)
    write('')
    return { files, write }
  }

  test('may be about to be written: at the first look its objects stay', async t => {
    const { files, write } = await emptied(t)
    assert.equal(await files.refresh(), false)
    assert.equal(files.objects().length, 1)
    write(service('web') + '---\n' + service('api'))
    assert.equal(await files.refresh(), true)
    assert.equal(files.objects().length, 2)
  })

  test('may be about to be written once more, however often that happens', async t => {
    const { files, write } = await emptied(t)
    for (let times = 0; times < 3; times++) {
      assert.equal(await files.refresh(), false)
      await sleep(20) // A file system tells two moments apart only when a tick of its clock is between them.
      write('')
    }
    assert.equal(files.objects().length, 1)
  })

  test('and still is at the second look has no objects', async t => {
    const { files } = await emptied(t)
    await files.refresh()
    assert.equal(await files.refresh(), true)
    assert.deepEqual(files.objects(), [])
    assert.equal(await files.refresh(), false)
  })
})
