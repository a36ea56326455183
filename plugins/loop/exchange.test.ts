import assert from 'node:assert/strict'
import type { RemoteInfo, Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { sendProbe } from '#plugins/loop/exchange.ts'
import { makeProbe } from '#plugins/loop/probe.ts'
import { ROOT } from '#wire/name.ts'

describe('sending the probe', () => {
  let server: Socket

  beforeEach(async () => {
    server = createSocket('udp4').bind(0, '127.0.0.1')
    await once(server, 'listening')
  })

  afterEach(() => {
    server.close()
  })

  it('reaches a server that listens on all addresses, and ends with its answer', async () => {
    server.once('message', (message: Buffer, from: RemoteInfo) => {
      const stray = Buffer.from(message)
      stray[1]! ^= 1
      stray[2]! |= 0x80
      server.send(stray, from.port, from.address)
      message[2]! |= 0x80
      server.send(message, from.port, from.address)
    })
    await sendProbe(makeProbe(ROOT), { address: '', port: server.address().port }).answered
  })

  it('fails when it is cancelled', async () => {
    const exchange = sendProbe(makeProbe(ROOT), { address: '127.0.0.1', port: server.address().port })
    exchange.cancel()
    await assert.rejects(exchange.answered, /canceled/)
  })
})
