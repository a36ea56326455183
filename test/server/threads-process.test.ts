import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { ask } from '#test/support/client.ts'
import { Load } from '#test/support/load.ts'
import { NodensProcess } from '#test/support/process.ts'

/** A process with the threads and blocks of a Corefile. */
async function start(t: TestContext, corefile: string): Promise<NodensProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-'))
  writeFileSync(join(directory, 'Corefile'), corefile)
  const nodens = new NodensProcess(['-conf', join(directory, 'Corefile'), '-dns.port', '0'])
  t.after(async () => {
    await nodens.kill()
    rmSync(directory, { recursive: true, force: true })
  })
  await nodens.output(/Nodens-/, 30_000)
  return nodens
}

test('the line of a zone is printed for each socket', async t => {
  const nodens = await start(t, '. {\nbind 127.0.0.1\nmultisocket 2\nwhoami\n}\nb.example {\nbind 127.0.0.2\nwhoami\n}')
  const lines = nodens.stdout.split('\n').filter(line => line.includes(' on 127.'))
  assert.deepEqual(
    lines.map(line => line.replace(/:\d+ /, ':PORT ')),
    ['.:PORT on 127.0.0.1', '.:PORT on 127.0.0.1', 'b.example.:PORT on 127.0.0.2'],
  )
  assert.equal(lines[0], lines[1])
})

for (const [signal, code, line] of [
  ['SIGTERM', 0, 'SIGTERM: Shutting down servers then terminating'],
  ['SIGINT', 0, 'SIGINT: Shutting down'],
  ['SIGQUIT', 0, 'SIGQUIT: Quitting process immediately'],
] as const) {
  test(`${signal} ends a process with threads under load, exit code ${code}`, async t => {
    const nodens = await start(t, '. {\nmultisocket 2\nlog\nwhoami\n}')
    const [, port] = await nodens.output(/^\.:(\d+)$/m)
    const loads = Array.from({ length: 4 }, () => new Load(Number(port), 'a.example', 'A', 200))
    for (let i = 0; i < 20; i++) await ask(Number(port), 'b.example', 'A', { tcp: i % 2 === 0 })
    nodens.signal(signal)
    assert.equal(await nodens.exit(), code)
    await Promise.all(loads.map(load => load.stop(0)))
    assert.equal(nodens.stderr, '')
    assert.ok(nodens.stdout.includes(`[INFO] ${line}\n`))
    const logged = nodens.stdout.split('\n').filter(line => line.includes(' IN '))
    for (const line of logged)
      assert.match(line, /^\[INFO\] 127\.0\.0\.1:\d+ - \d+ "A IN [ab]\.example\. (udp|tcp) .*s$/)
  })
}

test('SIGUSR1 has all threads take the Corefile over', async t => {
  const nodens = await start(t, '. {\nmultisocket 2\nwhoami\n}')
  nodens.signal('SIGUSR1')
  await nodens.output(/\[INFO\] Reloading complete/)
  const [, port] = await nodens.output(/^\.:(\d+)$/m)
  assert.equal((await ask(Number(port), 'a.example', 'A')).rcode, 0)
  nodens.signal('SIGTERM')
  assert.equal(await nodens.exit(), 0)
})
