import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { VERSION } from '#lib/version.ts'
import { cLibrary } from '#net/batch/c-library.ts'
import { ask } from '#test/support/client.ts'
import { Load } from '#test/support/load.ts'
import { NodensProcess, runNodens } from '#test/support/process.ts'

let directory = ''
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'nodens-cli-'))
})
after(() => rmSync(directory, { recursive: true }))

function file(name: string, text: string): string {
  writeFileSync(join(directory, name), text)
  return join(directory, name)
}

const WHOAMI = '.:0 {\n bind 127.0.0.1\n whoami\n}\n'
const LISTENING = /^\.:(\d+) on 127\.0\.0\.1$/m

describe('what ends at once', () => {
  const version = new RegExp(`^Nodens-${VERSION.replaceAll('.', '\\.')}\n[a-z0-9]+/[a-z0-9]+, node[\\d.]+\n$`)
  const cases: { name: string; args: string[]; code: number; stdout?: RegExp; stderr?: RegExp }[] = [
    { name: '-version prints two lines', args: ['-version'], code: 0, stdout: version },
    { name: 'two dashes are one', args: ['--version'], code: 0, stdout: version },
    { name: '-plugins lists them with their server type', args: ['-plugins'], code: 0, stdout: /^ {2}dns\.forward$/m },
    { name: 'an unknown flag', args: ['-config', 'x'], code: 2, stderr: /^flag provided but not defined: -config$/m },
    { name: 'a flag without its value', args: ['-conf'], code: 2, stderr: /^flag needs an argument: -conf$/m },
    { name: 'a port that is none', args: ['-dns.port=70000'], code: 2, stderr: /^invalid value "70000" for flag/m },
    { name: 'words that are no flags', args: ['x', 'y'], code: 1, stderr: /^extra command line arguments: \[x y\]$/m },
    {
      name: 'a Corefile that is not there',
      args: ['-conf', '/nowhere/C'],
      code: 1,
      stderr: /^loading Corefile: ENOENT/m,
    },
    { name: 'check without a file', args: ['check'], code: 2, stderr: /^Usage: nodens check FILE\.\.\.$/m },
    {
      name: 'check of a file that is not there',
      args: ['check', '/nowhere/C'],
      code: 1,
      stderr: /^\/nowhere\/C: cannot read/m,
    },
  ]
  for (const { name, args, code, stdout = /^/, stderr = /^/ } of cases) {
    test(name, async () => {
      const run = await runNodens(args, { cwd: directory })
      assert.match(run.stdout, stdout)
      assert.match(run.stderr, stderr)
      assert.equal(run.code, code)
    })
  }

  test('check names every error of every file and exits 1; a file that is fine exits 0', async () => {
    const good = file('good', WHOAMI)
    const bad = file('bad', '.:0 {\n cache 0\n forwrd . 1.1.1.1\n}\n')
    const fine = await runNodens(['check', good])
    assert.deepEqual(fine, { code: 0, stdout: `${good}: OK\n`, stderr: '' })
    const wrong = await runNodens(['check', good, bad])
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, /bad:2 - Error during parsing: cache TTL can not be zero or negative: 0/)
    assert.match(wrong.stderr, /bad:3 - Error during parsing: Unknown directive 'forwrd'/)
    assert.match(wrong.stderr, /did you mean 'forward'\?/)
  })

  test('a start with a broken Corefile prints the errors and exits 1', async () => {
    const run = await runNodens(['-conf', file('broken', '.:0 {\n ttl 5\n}\n')])
    assert.equal(run.code, 1)
    assert.match(run.stderr, /broken:2 - Error during parsing: Unknown directive 'ttl'/)
  })
})

const nothing: [title: string, corefile: string | null][] = [
  ['without a Corefile', null],
  ['with an empty Corefile', ''],
  ['with a Corefile of comments', '# later\n'],
  ['with a Corefile of snippets alone', '(common) {\n log\n}\n'],
]
for (const [title, corefile] of nothing) {
  test(`${title} every name is answered with who asked, and logged`, async t => {
    const empty = mkdtempSync(join(tmpdir(), 'nodens-cli-empty-'))
    if (corefile !== null) writeFileSync(join(empty, 'Corefile'), corefile)
    const nodens = new NodensProcess(['-p', '0'], { cwd: empty })
    t.after(async () => {
      await nodens.kill()
      rmSync(empty, { recursive: true })
    })
    const [, port] = await nodens.output(/^\.:(\d+)$/m)
    const reply = await ask(Number(port), 'who.example', 'A')
    assert.equal(reply.additional.length, 2)
    await nodens.output(/^\[INFO\] 127\.0\.0\.1:\d+ - \d+ "A IN who\.example\. udp /m)
  })
}

test('-conf stdin reads a pipe; -quiet prints nothing; the pid file comes and goes', async t => {
  const pidFile = join(directory, 'pid')
  const nodens = new NodensProcess(['-conf', 'stdin', '-pidfile', pidFile], { stdin: WHOAMI })
  t.after(() => nodens.kill())
  await nodens.output(LISTENING)
  await nodens.output(/^Nodens-/m)
  assert.equal(readFileSync(pidFile, 'utf8').trim(), String(nodens.child.pid))
  nodens.signal('SIGTERM')
  assert.equal(await nodens.exit(), 0)
  assert.equal(existsSync(pidFile), false)
  const quiet = new NodensProcess(['-conf', file('quiet', WHOAMI), '-quiet', '-pidfile', pidFile])
  t.after(() => quiet.kill())
  while (!existsSync(pidFile)) await new Promise(done => setTimeout(done, 20))
  quiet.signal('SIGTERM')
  assert.equal(await quiet.exit(), 0)
  assert.equal(quiet.stdout, '[INFO] SIGTERM: Shutting down servers then terminating\n')
})

const transports: [way: string, environment: Record<string, string>, line: RegExp][] = [
  ['the one that there is', {}, cLibrary() === null ? /UDP over node:dgram: ./ : /UDP in batches: recvmmsg, sendmmsg$/],
  ['the one that is forced', { NODENS_UDP: 'dgram' }, /UDP over node:dgram: NODENS_UDP=dgram$/],
]
for (const [way, environment, line] of transports) {
  test(`a start says once, before its addresses, which UDP transport is used: ${way}`, async t => {
    const corefile = '. {\nbind 127.0.0.1 127.0.0.2\nmultisocket 2\nwhoami\n}\n'
    const options = { env: { ...process.env, ...environment } }
    const nodens = new NodensProcess(['-conf', file('transport', corefile), '-p', '0'], options)
    t.after(() => nodens.kill())
    await nodens.output(/^Nodens-/m)
    nodens.signal('SIGTERM')
    assert.equal(await nodens.exit(), 0)
    const [first = '', ...others] = nodens.stdout.split('\n')
    assert.match(first, line)
    assert.deepEqual(
      others.filter(other => other.includes('UDP')),
      [],
    )
    assert.equal(nodens.stderr, '')
  })
}

describe('signals', () => {
  async function started(
    t: { after(done: () => Promise<void>): void },
    corefile: string,
  ): Promise<[NodensProcess, number]> {
    const nodens = new NodensProcess(['-conf', file(`signals-${process.hrtime.bigint()}`, corefile)])
    t.after(() => nodens.kill())
    return [nodens, Number((await nodens.output(LISTENING))[1])]
  }

  test('SIGTERM: during lameduck every query is answered, then exit 0', async t => {
    const [nodens, port] = await started(
      t,
      WHOAMI.replace('whoami', 'health 127.0.0.1:0 {\n  lameduck 600ms\n }\n whoami'),
    )
    const load = new Load(port, 'a.example', 'A', 200)
    await new Promise(done => setTimeout(done, 200))
    nodens.signal('SIGTERM')
    await new Promise(done => setTimeout(done, 400))
    const { sent, answered } = await load.stop(100)
    assert.equal(answered, sent)
    assert.equal(await nodens.exit(), 0)
    assert.match(nodens.stdout, /^\[INFO\] plugin\/health: Going into lameduck mode for 600ms$/m)
  })

  test('a second SIGINT forces the end with exit code 2', async t => {
    const [nodens] = await started(t, WHOAMI.replace('whoami', 'health 127.0.0.1:0 {\n  lameduck 30s\n }\n whoami'))
    nodens.signal('SIGINT')
    await nodens.output(/^\[INFO\] SIGINT: Shutting down$/m)
    nodens.signal('SIGINT')
    assert.equal(await nodens.exit(), 2)
    assert.match(nodens.stdout, /^\[INFO\] SIGINT: Force quit$/m)
  })

  test('SIGQUIT ends at once with exit code 0', async t => {
    const [nodens] = await started(t, WHOAMI)
    nodens.signal('SIGQUIT')
    assert.equal(await nodens.exit(), 0)
  })

  test('SIGHUP is ignored, SIGUSR1 reloads, SIGUSR2 says that it is not built', async t => {
    const [nodens, port] = await started(t, WHOAMI)
    nodens.signal('SIGHUP')
    nodens.signal('SIGUSR1')
    await nodens.output(/^\[INFO\] SIGUSR1: Reloading\n\[INFO\] Reloading\n\[INFO\] Reloading complete$/m)
    nodens.signal('SIGUSR2')
    await nodens.output(/^\[ERROR\] SIGUSR2: /m)
    assert.equal((await ask(port, 'a.example', 'A')).additional.length, 2)
  })
})
