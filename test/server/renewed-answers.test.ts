import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it, test } from 'node:test'
import type { Clock } from '#lib/clock.ts'
import { systemClock } from '#lib/clock.ts'
import { plugins } from '#plugins/order.ts'
import { slowTable } from '#test/fixtures/server/slow-table.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'
import { addressText } from '#wire/build.ts'

const NAME = 'www.example.org'
const OLD = '192.0.2.1'

/** A server with a table of hosts behind a cache of 30 s, whose clock can be moved, and what its metrics say. */
async function boot(t: TestContext, packetCache: boolean, lines = `${OLD} ${NAME}`, cache = 'cache 30') {
  let passedMs = 0
  const clock: Clock = { nowMs: () => passedMs, wallMs: systemClock.wallMs }
  const corefile = `. {\nprometheus 127.0.0.1:0\n${cache}\nhosts ${lines.startsWith('/') ? lines : `{\n${lines}\n}`}\n}`
  const server = await bootServer(corefile, { packetCache, clock })
  t.after(() => server.close())
  const count = (name: string): number =>
    [...server.metrics().matchAll(new RegExp(`^coredns_${name}.* (\\d+)$`, 'gm'))].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    )
  return { server, count, pass: (seconds: number) => (passedMs += seconds * 1000) }
}

/** The address and the time to live of an answer; `edns` is whether it is asked for with EDNS. */
async function shown(server: TestServer, name = NAME, edns = true): Promise<string> {
  const { answer } = await server.ask(name, 'A', { edns })
  return answer.map(record => `${addressText(record)} ${record.ttlSeconds}`).join(', ')
}

for (const packetCache of [true, false]) {
  describe(`an answer that is over, ${packetCache ? 'with' : 'without'} the packet cache`, () => {
    it('begins anew, as one that the table has made again', async t => {
      const { server, count, pass } = await boot(t, packetCache)
      for (let i = 0; i < 3; i++) assert.equal(await shown(server), `${OLD} 30`)
      pass(10)
      assert.equal(await shown(server), `${OLD} 20`)
      for (let life = 1; life <= 3; life++) {
        pass(30)
        assert.equal(await shown(server), `${OLD} 30`)
        assert.deepEqual(
          [count('cache_misses_total'), count('dns_responses_total.*plugin="hosts"')],
          [1 + life, 1 + life],
        )
      }
      pass(29)
      assert.equal(await shown(server), `${OLD} 1`)
      assert.deepEqual([count('cache_hits_total'), count('dns_responses_total.*plugin="cache"')], [4, 4])
    })

    it('begins anew once, whatever the queries for it look like', async t => {
      const { server, count, pass } = await boot(t, packetCache)
      for (const edns of [true, false]) for (let i = 0; i < 3; i++) await shown(server, NAME, edns)
      pass(31)
      assert.equal(await shown(server, NAME, true), `${OLD} 30`)
      pass(10)
      assert.equal(await shown(server, NAME, false), `${OLD} 20`)
      assert.equal(await shown(server, 'WWW.example.org', false), `${OLD} 20`)
      assert.equal(count('cache_misses_total'), 2)
    })

    it('is made of the table as it is then', async t => {
      const directory = mkdtempSync(join(tmpdir(), 'nodens-hosts-'))
      t.after(() => rmSync(directory, { recursive: true }))
      const file = join(directory, 'hosts')
      writeFileSync(file, `${OLD} ${NAME}\n`)
      const { server, count, pass } = await boot(t, packetCache, `${file} {\nreload 10ms\n}`)
      for (let i = 0; i < 3; i++) await shown(server)
      const entries = count('hosts_entries')
      writeFileSync(file, `192.0.2.2 ${NAME}\n192.0.2.3 new.example.org\n`)
      await until(() => count('hosts_entries') > entries)
      assert.equal(await shown(server), `${OLD} 30`, 'it is good for its time')
      pass(30)
      assert.equal(await shown(server), '192.0.2.2 30')
    })
  })
}

test('an answer that was waited for is no longer sent once it is over, if its data changed meanwhile', async t => {
  const table = slowTable(OLD)
  let passedMs = 0
  const clock: Clock = { nowMs: () => passedMs, wallMs: systemClock.wallMs }
  const corefile = '. {\ncache 30\nslowtable\n}'
  const server = await bootServer(corefile, { plugins: [...plugins, table.plugin], clock })
  t.after(() => server.close())
  const first = shown(server)
  await until(() => table.waiting() === 1)
  table.change('192.0.2.2')
  table.letGo()
  assert.equal(await first, `${OLD} 30`)
  for (let i = 0; i < 3; i++) assert.equal(await shown(server), `${OLD} 30`, 'it is good for its time')
  passedMs += 30_000
  assert.equal(await shown(server), '192.0.2.2 30')
})

describe('answers for which the cache has no room', () => {
  it('begin anew without pushing others out', async t => {
    const names = Array.from({ length: 1500 }, (_, i) => `host-${i}.example.org`)
    const lines = names.map((name, i) => `10.0.${i >> 8}.${i & 255} ${name}`).join('\n')
    const { server, count, pass } = await boot(t, true, lines, 'cache 30 {\nsuccess 1024\n}')
    const askAll = async (): Promise<void> => {
      for (const [i, name] of names.entries())
        assert.match(await shown(server, name), new RegExp(`^10.0.${i >> 8}.${i & 255} `))
    }
    for (let i = 0; i < 3; i++) await askAll()
    const before = [count('cache_evictions_total'), count('cache_misses_total')]
    pass(30)
    await askAll()
    const after = [count('cache_evictions_total'), count('cache_misses_total')]
    assert.deepEqual(after, [before[0], before[1]! + names.length])
  })
})
