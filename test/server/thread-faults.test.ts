import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { cLibrary } from '#net/batch/c-library.ts'
import { plugins } from '#plugins/order.ts'
import { faulty } from '#test/fixtures/server/faulty.ts'
import { ask } from '#test/support/client.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'
import { Rcode } from '#wire/constants.ts'

const CLIENTS = 16

/** Two threads with the plugin that does what is bad for them. */
function boot(lines = ''): Promise<TestServer> {
  return bootServer(`. {\nmultisocket 2\nprometheus 127.0.0.1:0\nerrors\nfaulty\n${lines}\nwhoami\n}`, {
    plugins: [faulty, ...plugins],
    threadEntry: new URL('../fixtures/server/faulty-thread.ts', import.meta.url),
  })
}

test('a query that ends its thread costs that query; the thread is replaced', async t => {
  const server = await boot()
  t.after(() => server.close())
  await assert.rejects(server.ask('exit.example', 'A', { timeoutMs: 300 }), /no reply/)
  const line = () => server.lines.find(line => line.includes('A serving thread ended'))
  await until(() => line() !== undefined)
  assert.equal(line(), '[ERROR] A serving thread ended and is replaced in 50 ms: exit code 7')
  await until(() => server.runtime.allServe)
  await allAnswered(server)
  assert.match(await server.metricsOfAllThreads(), /^nodens_thread_restarts_total 1$/m)
})

test('while a thread is being replaced the other answers every client', async t => {
  const server = await boot()
  t.after(() => server.close())
  const [doomed] = server.runtime.threads
  await doomed!.terminate()
  assert.equal(server.runtime.threads.length, 1)
  await allAnswered(server)
})

test('a throw in a chain costs a SERVFAIL, one outside of it a line', async t => {
  const server = await boot()
  t.after(() => server.close())
  for (let i = 0; i < 4; i++) {
    assert.equal((await server.ask('throw.example', 'A')).rcode, Rcode.SERVFAIL)
    assert.equal((await server.ask('late.example', 'A')).rcode, Rcode.NOTIMP)
  }
  await until(() => server.lines.filter(line => line.includes('thrown by a timer')).length === 4)
  assert.match(await server.metricsOfAllThreads(), /^coredns_panics_total 4$/m)
  assert.ok(server.runtime.allServe)
})

test('a thread that is busy does not hold up the metrics, which keep what it had counted', async t => {
  const server = await boot()
  t.after(() => server.close())
  await allAnswered(server)
  const counted = requests(await server.metricsOfAllThreads())
  const stuck = server.ask('stuck.example', 'A', { timeoutMs: 10_000 })
  await setTimeout(50)
  const page = await Promise.race([server.metricsOfAllThreads(), stuck.then(() => 'too late')])
  assert.equal(requests(page), counted)
  assert.equal((await stuck).rcode, Rcode.NOTIMP)
})

test('what the system has given to a thread that is busy, another answers', {
  skip: cLibrary() === null && 'needs node:ffi and Linux',
}, async t => {
  const server = await boot()
  t.after(() => server.close())
  const stuck = server.ask('stuck.example', 'A', { timeoutMs: 10_000 }).then(() => 'too late')
  await setTimeout(50)
  const wave = () =>
    Promise.all(Array.from({ length: CLIENTS }, () => server.ask('a.example', 'A', { timeoutMs: 10_000 })))
  const first = wave().then(() => 'in time')
  // The thread that goes on takes what waits for the other whenever it has answered something itself.
  const later = [1, 2, 3].map(async times => {
    await setTimeout(times * 20)
    await wave()
  })
  assert.equal(await Promise.race([first, stuck]), 'in time')
  await Promise.all([...later, stuck])
})

test('lines of threads arrive whole, and lines about the start once', async t => {
  const server = await boot('log . "{name}"')
  t.after(() => server.close())
  await Promise.all(Array.from({ length: 12 }, () => server.ask('lines.example', 'A')))
  await until(() => server.lines.filter(line => line.includes('plugin/faulty')).length === 12 * 200)
  for (const line of server.lines) assert.match(line, /^\[INFO\] (plugin\/faulty: \d+ x{300}|lines\.example\.)$/)
})

test('debug lines follow the configuration in all threads', async t => {
  const server = await boot()
  t.after(() => server.close())
  const debugLines = () => server.lines.filter(line => line.startsWith('[DEBUG]')).length
  await asked(server, 'debug.example')
  server.writeCorefile('. {\ndebug\nmultisocket 2\nfaulty\n}')
  await server.runtime.reload()
  assert.equal(debugLines(), 0)
  await asked(server, 'debug.example')
  await until(() => debugLines() === CLIENTS)
})

test('a plugin in a thread can end the process', async t => {
  const server = await boot()
  t.after(() => server.close())
  await server.ask('fatal.example', 'A')
  await until(() => server.fatal.length > 0)
  assert.deepEqual(server.fatal, ['the end'])
})

async function asked(server: TestServer, name: string): Promise<void> {
  await Promise.all(Array.from({ length: CLIENTS }, () => ask(server.port, name, 'A')))
}

async function allAnswered(server: TestServer): Promise<void> {
  const replies = await Promise.all(Array.from({ length: CLIENTS }, () => ask(server.port, 'a.example', 'A')))
  assert.ok(replies.every(({ rcode }) => rcode === 0))
}

function requests(page: string): number {
  return [...page.matchAll(/^coredns_dns_requests_total\{.*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0)
}
