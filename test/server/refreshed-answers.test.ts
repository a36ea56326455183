import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import type { Ask } from '#test/support/client.ts'
import { startFakeUpstream } from '#test/support/fake-upstream.ts'
import { FakeClock, rr } from '#test/support/plugin.ts'
import { bootServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'
import { addressText } from '#wire/build.ts'

/** A server that forwards what is not in `table`, whose upstream numbers its answers, each good for 30 s, as long as it answers. */
async function boot(t: TestContext, packetCache: boolean, options: string, table = '') {
  let isUp = true
  const upstream = await startFakeUpstream(exchange => {
    if (isUp) exchange.reply({ answer: [rr(`www.example. 30 IN A 192.0.2.${exchange.index}`)] })
  })
  t.after(() => upstream.close())
  const clock = new FakeClock()
  const corefile = `. {\nprometheus 127.0.0.1:0\ncache {\n${options}\n}\n${table}\nforward . ${upstream.address}\n}`
  const server = await bootServer(corefile, { packetCache, clock })
  t.after(() => server.close())
  /** Asks so many times; the last answer. */
  const ask = async (times = 1, how: Ask = {}): Promise<string> => {
    let last = ''
    for (let i = 0; i < times; i++) {
      const { answer } = await server.ask('www.example', 'A', how)
      last = answer.map(record => `${addressText(record)} for ${record.ttlSeconds}`).join()
    }
    return last
  }
  const count = (name: string): number =>
    [...server.metrics().matchAll(new RegExp(`^coredns_cache_${name}_total.* (\\d+)$`, 'gm'))].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    )
  return {
    ask,
    asked: () => upstream.exchanges.length,
    transports: () => upstream.exchanges.map(({ transport }) => transport),
    answers: (up: boolean) => (isUp = up),
    pass: (seconds: number) => clock.advance(seconds * 1000),
    counted: () => ['requests', 'hits', 'misses', 'prefetch', 'served_stale'].map(count),
  }
}

for (const packetCache of [true, false]) {
  describe(`an answer, ${packetCache ? 'with' : 'without'} the packet cache`, () => {
    it('of an upstream is asked for anew before it is over, as long as it is popular', async t => {
      const { ask, asked, transports, pass, counted } = await boot(t, packetCache, 'prefetch 3')
      await ask(10)
      for (let life = 1; life <= 3; life++) {
        pass(26)
        assert.equal(await ask(3), `192.0.2.${life - 1} for 4`)
        assert.equal(asked(), life)
        pass(1)
        assert.equal(await ask(), `192.0.2.${life - 1} for 3`)
        await until(() => asked() === life + 1)
        await until(async () => (await ask()) === `192.0.2.${life} for 30`)
      }
      assert.deepEqual(transports(), ['udp', 'tcp', 'tcp', 'tcp'])
      const [requests, hits, misses, prefetches] = counted()
      assert.deepEqual([requests, misses, prefetches], [hits! + 1, 1, 3])
    })

    it('of an upstream is counted anew after a gap', async t => {
      const { ask, asked, pass } = await boot(t, packetCache, 'success 9984 300 300\nprefetch 3 20s')
      await ask(10)
      pass(200)
      await ask(2)
      pass(19)
      await ask()
      pass(60)
      await ask(2)
      assert.equal(asked(), 1)
      await ask()
      await until(() => asked() === 2)
    })

    it('of a table is popular no longer when it was over in between', async t => {
      const table = 'hosts {\n192.0.2.0 www.example\nttl 30\n}'
      const { ask, pass, counted } = await boot(t, packetCache, 'prefetch 3', table)
      await ask(10)
      pass(31)
      assert.equal(await ask(), '192.0.2.0 for 30')
      pass(27)
      assert.equal(await ask(2), '192.0.2.0 for 3')
      assert.deepEqual(counted(), [13, 11, 2, 0, 0])
      await ask()
      assert.equal(await ask(), '192.0.2.0 for 30')
      assert.deepEqual(counted(), [15, 13, 2, 1, 0])
    })

    it('of a table that was asked for anew has a new life for all who asked before', async t => {
      const table = 'hosts {\n192.0.2.0 www.example\nttl 30\n}'
      const { ask, pass, counted } = await boot(t, packetCache, 'prefetch 3', table)
      await ask(10)
      await ask(10, { edns: false })
      pass(27)
      assert.equal(await ask(), '192.0.2.0 for 3')
      assert.equal(await ask(1, { edns: false }), '192.0.2.0 for 30')
      assert.equal(await ask(), '192.0.2.0 for 30')
      assert.deepEqual(counted(), [23, 22, 1, 1, 0])
    })

    it('of an upstream is served when it is over and that is silent', async t => {
      const { ask, asked, answers, pass, counted } = await boot(t, packetCache, 'serve_stale 1h immediate 7s')
      await ask(10)
      answers(false)
      pass(31)
      assert.equal(await ask(5), '192.0.2.0 for 7')
      assert.deepEqual(counted(), [15, 14, 1, 1, 5])
      answers(true)
      await until(async () => (await ask()) !== '192.0.2.0 for 7')
      assert.match(await ask(), /^192\.0\.2\.[1-9] for 30$/)
      assert.ok(asked() >= 2)
    })
  })
}
