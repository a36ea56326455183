import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, test } from 'node:test'
import { captureLines } from '#lib/output.ts'
import { pluginLogger } from '#plugin/log.ts'
import { CertificateFiles } from '#plugins/tls/certificate-files.ts'
import type { CertificateTexts } from '#plugins/tls/certificate-texts.ts'
import { readCertificateTexts } from '#plugins/tls/certificate-texts.ts'
import { tls } from '#plugins/tls/index.ts'
import { certificates } from '#test/support/api-server/certificates.ts'
import { buildPlugin, FakeClock } from '#test/support/plugin.ts'
import { until } from '#test/support/until.ts'

const { ca, server, client } = certificates
const A_DAY_MS = 24 * 60 * 60 * 1000

describe('what cannot be used is said with its path', () => {
  const cases: [rule: string, files: Record<string, string>, complaint: string][] = [
    ['no certificate', {}, 'could not load TLS cert: open DIR/cert: no such file or directory'],
    ['no key', { cert: server.cert }, 'could not load TLS cert: open DIR/key: no such file or directory'],
    [
      'no authorities',
      { cert: server.cert, key: server.key },
      'could not read root certs: open DIR/ca: no such file or directory',
    ],
    ['no PEM', { cert: 'x', key: server.key, ca }, 'could not load TLS cert: DIR/cert holds no certificate in PEM'],
    [
      'a certificate for a key',
      { cert: server.cert, key: server.cert, ca },
      'could not load TLS cert: DIR/key holds no private key in PEM without a passphrase',
    ],
    [
      'another key',
      { cert: server.cert, key: client.key, ca },
      'could not load TLS cert: the key in DIR/key is not that of DIR/cert',
    ],
    [
      'no authority',
      { cert: server.cert, key: server.key, ca: '#' },
      'could not read root certs: DIR/ca holds no certificate in PEM',
    ],
  ]
  for (const [rule, files, complaint] of cases) {
    test(rule, async t => {
      const { paths, directory } = folder(t, files)
      const message = await readCertificateTexts(paths).then(
        () => 'no complaint',
        (error: Error) => error.message.replaceAll(directory, 'DIR'),
      )
      assert.equal(message, complaint)
    })
  }
})

test('files that are replaced are read again; what cannot be used is said once and changes nothing', async t => {
  const { paths, write } = folder(t, { cert: server.cert, key: server.key, ca })
  const clock = new FakeClock()
  clock.advance(365 * A_DAY_MS)
  const { files, read, lines } = watch(t, paths, clock)
  await files.read()
  files.start(5)
  write('cert', client.cert)
  await until(() => lines.length === 1)
  assert.match(lines[0]!, /\[WARNING\] plugin\/tls: could not load TLS cert: the key in .* is not that of/)
  await new Promise(resolve => setTimeout(resolve, 50))
  assert.deepEqual([lines.length, read.length], [1, 1])
  write('key', client.key)
  await until(() => read.length === 2)
  assert.equal(read[1]!.key, client.key)
  assert.match(lines[1]!, /\[INFO\] plugin\/tls: Certificate \/.*\/cert was replaced/)
})

describe('a certificate whose time it is not', () => {
  const moments: [rule: string, days: number, said: RegExp | null][] = [
    ['has not come', -40 * 365, /\[WARNING\] plugin\/tls: Certificate \/.*\/cert holds only from 20.*Z on$/],
    ['is there', 365, null],
    ['is over', 150 * 365, /\[WARNING\] plugin\/tls: Certificate \/.*\/cert has expired on 21.*Z$/],
  ]
  for (const [rule, days, said] of moments) {
    test(rule, async t => {
      const { paths } = folder(t, { cert: server.cert, key: server.key, ca })
      const clock = new FakeClock()
      clock.advance(days * A_DAY_MS)
      const { files, read, lines } = watch(t, paths, clock)
      for (let i = 0; i < 3; i++) await files.read()
      assert.equal(read.length, 1)
      if (said === null) assert.deepEqual(lines, [])
      else assert.match(lines.join('\n'), said)
      assert.ok(lines.length <= 1)
    })
  }
})

test('a certificate that serves no key of its block is warned of', async t => {
  const { directory } = folder(t, { cert: server.cert, key: server.key, ca })
  const lines: string[] = []
  t.after(captureLines(line => lines.push(line)))
  for (const keys of ['.', '. tls://.']) {
    const { instance } = buildPlugin(tls, `tls ${directory}/cert ${directory}/key`, { keys })
    await instance.hooks.run('startup')
    await instance.hooks.runAll('shutdown')
  }
  const found = lines.filter(line => line.includes('No key'))
  assert.equal(found.length, 1)
  assert.match(found[0]!, /No key of the server block at Corefile:1 starts with tls:\/\/: nothing is served/)
})

test('a key log that cannot be written ends the start', async t => {
  const { directory } = folder(t, { cert: server.cert, key: server.key, ca })
  const { instance } = buildPlugin(tls, `tls ${directory}/cert ${directory}/key {\nkeylog ${directory}/no/log\n}`)
  await assert.rejects(
    async () => instance.hooks.run('startup'),
    /unable to write TLS Key Log to ".*\/no\/log": ENOENT/,
  )
})

test('tickets of sessions are good for a day', async t => {
  const { directory } = folder(t, { cert: server.cert, key: server.key, ca })
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { instance } = buildPlugin(tls, `tls ${directory}/cert ${directory}/key`, { keys: 'tls://.' })
  await instance.hooks.run('startup')
  await instance.hooks.runAll('serving')
  t.after(() => instance.hooks.runAll('shutdown'))
  const { ticketKeys, certificate } = instance.servers[0]!.terms!.terms
  assert.equal(ticketKeys.length, 48)
  t.mock.timers.tick(A_DAY_MS)
  const { terms } = instance.servers[0]!.terms!
  assert.notDeepEqual(terms.ticketKeys, ticketKeys)
  assert.equal(terms.certificate, certificate)
})

interface Folder {
  readonly directory: string
  readonly paths: { readonly certificate: string; readonly key: string; readonly authorities: string }
  write(name: string, text: string): void
}

function folder(t: TestContext, files: Record<string, string>): Folder {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-tls-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const at = (name: string) => join(directory, name)
  const write = (name: string, text: string): void => {
    writeFileSync(at(`new ${name}`), text)
    renameSync(at(`new ${name}`), at(name))
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  return { directory, paths: { certificate: at('cert'), key: at('key'), authorities: at('ca') }, write }
}

interface Watched {
  readonly files: CertificateFiles
  readonly read: readonly CertificateTexts[]
  readonly lines: readonly string[]
}

function watch(t: TestContext, paths: Folder['paths'], clock: FakeClock): Watched {
  const lines: string[] = []
  t.after(captureLines(line => lines.push(line)))
  const read: CertificateTexts[] = []
  const files = new CertificateFiles(paths, pluginLogger('tls'), clock, texts => read.push(texts))
  t.after(() => files.stop())
  return { files, read, lines }
}
