import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { systemClock } from '#lib/clock.ts'
import type { Logger } from '#plugin/log.ts'
import type { DeltaBatch } from '#plugins/kubernetes/index/delta.ts'
import { EVERY_OBJECT } from '#plugins/kubernetes/label-selector.ts'
import { ManifestSource } from '#plugins/kubernetes/manifests/source.ts'
import { until } from '#test/support/until.ts'

const service = (name: string, address = '10.96.1.1'): string =>
  `{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { clusterIP: ${address}, ports: [{ port: 80 }] } }\n`

interface Started {
  readonly directory: string
  readonly batches: readonly DeltaBatch[]
  readonly log: readonly string[]
  /** What the deltas so far come to: addresses by service. */
  services(): Record<string, readonly string[]>
  write(path: string, text: string): void
}

async function start(
  t: TestContext,
  files: Record<string, string>,
  paths: readonly string[] = ['.'],
): Promise<Started> {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-manifests-'))
  const write = (path: string, text: string): void => {
    mkdirSync(join(directory, path, '..'), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  for (const [path, text] of Object.entries(files)) write(path, text)
  const batches: DeltaBatch[] = []
  const log: string[] = []
  const keep = (level: string) => (message: string) => void log.push(`${level} ${message.replaceAll(directory, 'DIR')}`)
  const logger: Logger = {
    debug: keep('debug'),
    info: keep('info'),
    warning: keep('warning'),
    error: keep('error'),
    plain: keep('plain'),
  }
  const source = new ManifestSource({
    paths: paths.map(path => join(directory, path)),
    selection: {
      labels: EVERY_OBJECT,
      namespaceLabels: EVERY_OBJECT,
      endpoints: true,
      pods: true,
      podLabels: false,
      multicluster: true,
      zones: false,
    },
    log: logger,
    clock: systemClock,
    apply: batch => batches.push(batch),
  })
  t.after(async () => {
    await source.close()
    rmSync(directory, { recursive: true, force: true })
  })
  await source.start()
  const services = (): Record<string, readonly string[]> => {
    const found: Record<string, readonly string[]> = {}
    for (const delta of batches.flatMap(batch => batch.deltas)) {
      if (delta.kind !== 'service') continue
      if (delta.object === null) delete found[delta.key.replace('default/', '')]
      else found[delta.object.name] = delta.object.addresses
    }
    return found
  }
  return { directory, batches, log, services, write }
}

describe('ManifestSource', () => {
  it('reads directories with what is below them, files and patterns', async t => {
    const files = {
      'd/a.yaml': service('a'),
      'd/deep/b.yml': service('b'),
      'd/deep/c.json': JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'c' },
        spec: { clusterIP: '10.96.1.3', ports: [{ port: 80 }] },
      }),
      'd/notes.txt': service('no'),
      'd/.hidden/x.yaml': service('no'),
      'file.txt': service('file'),
      'glob/x-1.yaml': service('x-1'),
      'glob/y-1.yaml': service('no'),
    }
    const started = await start(t, files, ['d', 'file.txt', 'glob/x-*.yaml'])
    assert.deepEqual(Object.keys(started.services()).sort(), ['a', 'b', 'c', 'file', 'x-1'])
    assert.equal(started.batches.length, 1)
    assert.equal(started.batches[0]!.synced, true)
  })

  it('sends what a change of files comes to, and nothing else', async t => {
    const started = await start(t, { 'a.yaml': service('a'), 'b.yaml': service('b', '10.96.1.2') })
    started.write('a.yaml', service('a', '10.96.1.9'))
    await until(() => started.services()['a']?.[0] === '10.96.1.9')
    assert.deepEqual(
      started.batches[1]!.deltas.map(delta => delta.key),
      ['default/a'],
    )
    started.write('sub/c.yaml', service('c', '10.96.1.3'))
    await until(() => 'c' in started.services())
    rmSync(join(started.directory, 'b.yaml'))
    await until(() => !('b' in started.services()))
    assert.deepEqual(Object.keys(started.services()).sort(), ['a', 'c'])
  })

  it('keeps the last good content of a file that does not parse, and says where it is wrong', async t => {
    const started = await start(t, { 'a.yaml': service('a') })
    started.write('a.yaml', `${service('a', '10.96.1.9')}---\nkind: [\n`)
    await until(() => started.log.length > 0)
    assert.match(started.log[0]!, /^error DIR\/a\.yaml:4: /)
    assert.deepEqual(started.services(), { a: ['10.96.1.1'] })
    started.write('a.yaml', service('a', '10.96.1.9'))
    await until(() => started.services()['a']?.[0] === '10.96.1.9')
    assert.equal(started.log.length, 1)
  })

  it('follows a file that is replaced by another under its name', async t => {
    const started = await start(t, { 'a.yaml': service('a') }, ['a.yaml'])
    started.write('.new', service('a', '10.96.1.9'))
    renameSync(join(started.directory, '.new'), join(started.directory, 'a.yaml'))
    await until(() => started.services()['a']?.[0] === '10.96.1.9')
  })

  it('follows a mounted ConfigMap, whose files change with one link, and reads each once', async t => {
    const directory = mkdtempSync(join(tmpdir(), 'nodens-configmap-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    for (const [version, address] of [
      ['..1', '10.96.1.1'],
      ['..2', '10.96.1.9'],
    ] as const) {
      mkdirSync(join(directory, version))
      writeFileSync(join(directory, version, 'a.yaml'), service('a', address))
    }
    symlinkSync('..1', join(directory, '..data'))
    symlinkSync('..data/a.yaml', join(directory, 'a.yaml'))
    const mounted = await start(t, {}, [join('..', directory.split('/').at(-1)!)])
    assert.deepEqual(mounted.log, [])
    assert.deepEqual(mounted.services(), { a: ['10.96.1.1'] })
    symlinkSync('..2', join(directory, '..data_tmp'))
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
    await until(() => mounted.services()['a']?.[0] === '10.96.1.9')
  })

  it('takes everything away with its directory, and back with it', async t => {
    const started = await start(t, { 'd/a.yaml': service('a') }, ['d'])
    rmSync(join(started.directory, 'd'), { recursive: true })
    await until(() => !('a' in started.services()))
    started.write('d/a.yaml', service('a', '10.96.1.9'))
    await until(() => started.services()['a']?.[0] === '10.96.1.9')
  })

  it('warns of what is there twice, once', async t => {
    const started = await start(t, { 'a.yaml': service('a'), 'b.yaml': service('a', '10.96.1.2') })
    const warning = 'warning Service default/a is in DIR/a.yaml:1 and again in DIR/b.yaml:1: the second one counts'
    assert.deepEqual(started.log, [warning])
    started.write('c.yaml', service('c', '10.96.1.3'))
    await until(() => 'c' in started.services())
    assert.deepEqual(started.log, [warning])
    assert.deepEqual(started.services()['a'], ['10.96.1.2'])
  })

  it('says so when there are no files', async t => {
    const started = await start(t, {}, ['*.yaml'])
    assert.deepEqual(started.log, ['warning no manifest files in DIR/*.yaml'])
    started.write('a.yaml', service('a'))
    await until(() => 'a' in started.services())
  })
})
