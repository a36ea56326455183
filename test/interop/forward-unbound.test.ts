import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { forward } from '#plugins/forward/index.ts'
import { Load } from '#test/support/load.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'
import type { Unbound } from '#test/support/unbound.ts'
import { startUnbound, unboundProgram } from '#test/support/unbound.ts'
import { until } from '#test/support/until.ts'
import { Rcode, Type } from '#wire/constants.ts'

const skip = unboundProgram === null ? 'unbound is not installed' : false

test('when one of two unbounds dies under load no query fails, and it is used again once it is back', {
  skip,
}, async t => {
  const { first, server } = await bootBeforeTwo(t, 'health_check 100ms')
  assert.equal(await answeredBy(server), 1)

  const load = new Load(server.port, 'www.interop.test', 'A', 300)
  await until(async () => (await answeredBy(server)) === 1)
  await first.kill()
  await until(() => failedProbes(server) > 2)
  assert.equal(await answeredBy(server), 2)
  const { sent, answered, rcodes } = await load.stop()
  assert.equal(answered, sent)
  assert.deepEqual([...rcodes.keys()], [Rcode.NOERROR])

  const back = await startUnbound(['www.interop.test. 30 IN A 192.0.2.1'], first.port)
  t.after(() => back.kill())
  await until(async () => (await answeredBy(server)) === 1)
})

test('what was under way to an unbound that dies is answered by the other one, once somebody asks the same', {
  skip,
}, async t => {
  const { first, server } = await bootBeforeTwo(t, 'read_timeout 1m')
  first.freeze()
  const load = new Load(server.port, 'www.interop.test', 'A', 100)
  await until(() => /coalesced_queries_total [1-9]/.test(server.metrics()))
  await first.kill()
  assert.equal(await answeredBy(server), 2)
  const { sent, answered, rcodes } = await load.stop()
  assert.equal(answered, sent)
  assert.deepEqual([...rcodes.keys()], [Rcode.NOERROR])
})

test('what unbound answers comes through over UDP and TCP', { skip }, async t => {
  const texts = Array.from({ length: 30 }, (_, i) => `many.interop.test. 30 IN TXT "${'x'.repeat(60)}${i}"`)
  const up = await startUnbound(['alias.interop.test. 30 IN CNAME www.interop.test.', ...texts])
  t.after(() => up.kill())
  const server = await bootServer(`. {\nforward . 127.0.0.1:${up.port}\n}`, { plugins: [forward] })
  t.after(() => server.close())
  assert.equal((await server.ask('nothing.interop.test', 'A')).rcode, Rcode.NXDOMAIN)
  assert.equal((await server.ask('alias.interop.test', 'CNAME')).answer.length, 1)
  assert.equal((await server.ask('many.interop.test', 'TXT', { tcp: true })).answer.length, 30)
  const truncated = await server.ask('many.interop.test', 'TXT')
  assert.equal(truncated.answer.length < 30, true)
  assert.equal((await server.ask('many.interop.test', 'TXT', { edns: false, tcp: true })).edns, null)
})

/** A server that asks the first of two unbounds, which says 192.0.2.1, as long as it can, and then the second, which says 192.0.2.2. */
async function bootBeforeTwo(t: TestContext, option: string): Promise<{ first: Unbound; server: TestServer }> {
  const first = await startUnbound(['www.interop.test. 30 IN A 192.0.2.1'])
  t.after(() => first.kill())
  const second = await startUnbound(['www.interop.test. 30 IN A 192.0.2.2'])
  t.after(() => second.kill())
  const upstreams = `127.0.0.1:${first.port} 127.0.0.1:${second.port}`
  const server = await bootServer(`. {\nforward . ${upstreams} {\npolicy sequential\n${option}\n}\n}`, {
    plugins: [forward],
  })
  t.after(() => server.close())
  return { first, server }
}

/** The last octet of the address that the server gives for www.interop.test; 0 without one. */
async function answeredBy(server: TestServer): Promise<number> {
  const { answer } = await server.ask('www.interop.test', 'A')
  return answer.find(record => record.type === Type.A)?.rdata[3] ?? 0
}

function failedProbes(server: TestServer): number {
  const lines = server.metrics().split('\n')
  const counts = lines.filter(line => line.startsWith('coredns_proxy_healthcheck_failures_total'))
  return counts.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
