import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { Load } from '#test/support/load.ts'
import { bootServer } from '#test/support/server.ts'
import { addressText } from '#wire/build.ts'

const RELOADS = 50

test('fifty reloads under load, good and bad by turns: no query is lost, a bad file changes nothing', async t => {
  const server = await bootServer(corefile('10.0.0.0'))
  t.after(() => server.close())
  const load = new Load(server.port, 'a.example', 'A', 1000)
  let inForce = '10.0.0.0'
  await server.runtime.reload()
  const before = openThings()
  for (let i = 1; i <= RELOADS; i++) {
    const address = `10.0.0.${i}`
    const bad = i % 2 === 0
    server.writeCorefile(
      bad ? corefile(address).replace('fallthrough', BAD_LINES[(i / 2) % BAD_LINES.length]!) : corefile(address),
    )
    if (bad) await assert.rejects(server.runtime.reload(), `reload ${i} of a bad file fails`)
    else {
      await server.runtime.reload()
      inForce = address
    }
    const reply = await server.ask('a.example', 'A')
    assert.deepEqual(reply.answer.map(addressText), [inForce], `after reload ${i}`)
    await new Promise(done => setTimeout(done, 20))
  }
  const after = openThings()
  const { sent, answered, rcodes } = await load.stop()
  t.diagnostic(`${sent} queries, ${answered} answered, rcodes ${JSON.stringify([...rcodes])}`)
  assert.equal(answered, sent, 'every query is answered')
  assert.deepEqual([...rcodes.keys()], [0], 'and answered NOERROR')
  assert.ok(after.descriptors <= before.descriptors + 2, `descriptors: ${before.descriptors} -> ${after.descriptors}`)
  assert.deepEqual(after.timers, before.timers)
})

test('a port that the new configuration cannot have leaves the old one serving', async t => {
  const server = await bootServer(corefile('10.0.0.1'))
  t.after(() => server.close())
  server.writeCorefile(`${corefile('10.0.0.2')}\nother.example:1 {\n bind 192.0.2.1\n whoami\n}\n`)
  await assert.rejects(server.runtime.reload(), /ListenPacket: listen udp 192\.0\.2\.1:1: bind: /)
  const reply = await server.ask('a.example', 'A')
  assert.deepEqual(reply.answer.map(addressText), ['10.0.0.1'])
})

/** Mistakes of several kinds: an unknown option, a bad value, an unknown directive, a missing brace. */
const BAD_LINES = ['fallthroo', 'ttl many', '}\nunknown {', '{']

function corefile(address: string): string {
  return `. {
    errors
    health 127.0.0.1:0
    ready 127.0.0.1:0
    prometheus 127.0.0.1:0
    cache 30
    hosts none {
        ${address} a.example
        fallthrough
    }
    loadbalance
    reload 30s
}
`
}

/** What a leak would make more of. */
function openThings(): { descriptors: number; timers: number } {
  const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
  const timers = process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length
  return { descriptors, timers }
}
