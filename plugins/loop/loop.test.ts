import assert from 'node:assert/strict'
import type { Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { failure } from '#plugin/reply.ts'
import { loop } from '#plugins/loop/index.ts'
import { buildPlugin, makeQuery } from '#test/support/plugin.ts'
import { Rcode } from '#wire/constants.ts'
import { formatName, nameFromOctets } from '#wire/name.ts'

const PASSED_ON = failure(5)

describe('loop', () => {
  let socket: Socket

  beforeEach(async () => {
    socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
  })

  afterEach(() => {
    socket.close()
  })

  /** A started server, and the name that it sent to itself. */
  async function start() {
    const plugin = buildPlugin(loop, 'loop', { keys: 'example.org', next: () => PASSED_ON })
    const { instance, control, handler } = plugin
    instance.listens(instance.servers[0]!.group, socket.address().port)
    const arrival = once(socket, 'message') as Promise<[Buffer]>
    await instance.hooks.run('serving')
    const [message] = await arrival
    const probe = formatName(nameFromOctets(message, 12, message.length - 4))
    return { probe, control, handler, stop: () => instance.hooks.runAll('shutdown') }
  }

  it('sends a probe to the address that the server listens on', async () => {
    const { probe, stop } = await start()
    await stop()
    assert.match(probe, /^\d+\.\d+\.example\.org\.$/)
  })

  it('ends the process when the probe arrives a second time', async () => {
    const { probe, control, handler, stop } = await start()
    const ask = () => handler(makeQuery(probe, 'HINFO', { client: '10.0.0.9', clientPort: 999 }))
    assert.equal(ask(), PASSED_ON)
    assert.deepEqual(control.fatalMessages, [])
    assert.equal((await ask()).rcode, Rcode.SERVFAIL)
    assert.deepEqual(control.fatalMessages, [
      `plugin/loop: Loop (10.0.0.9:999 -> :${socket.address().port}) detected for zone "example.org.", see ` +
        `https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO ${probe}"`,
    ])
    await stop()
  })

  it('does not take lookups within the server for a loop', async () => {
    const { probe, control, handler, stop } = await start()
    const query = makeQuery(probe, 'HINFO')
    handler(query)
    assert.equal(handler(query.derive(query.name, query.type)), PASSED_ON)
    assert.deepEqual(control.fatalMessages, [])
    await stop()
  })

  it('passes on what is not the probe', async () => {
    const { probe, control, handler, stop } = await start()
    for (let i = 0; i < 5; i++) assert.equal(handler(makeQuery(`x.${probe}`, 'HINFO')), PASSED_ON)
    assert.deepEqual(control.fatalMessages, [])
    await stop()
  })

  it('lets a copied probe stop nothing once the window is over', async () => {
    const { probe, control, handler, stop } = await start()
    await stop()
    for (let i = 0; i < 5; i++) assert.equal(handler(makeQuery(probe, 'HINFO')), PASSED_ON)
    assert.deepEqual(control.fatalMessages, [])
  })

  it('is passed on to the next plugin before the server serves', () => {
    const { handler } = buildPlugin(loop, 'loop', { next: () => PASSED_ON })
    assert.equal(handler(makeQuery('example.org.', 'A')), PASSED_ON)
  })
})
