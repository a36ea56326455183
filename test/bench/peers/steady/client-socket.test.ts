import assert from 'node:assert/strict'
import type { RemoteInfo } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { cLibrary } from '#net/batch/c-library.ts'
import { Answers } from '#test/bench/peers/steady/answers.ts'
import { clientFunctions } from '#test/bench/peers/steady/c-functions.ts'
import { ClientSocket } from '#test/bench/peers/steady/client-socket.ts'
import { Clock } from '#test/bench/peers/steady/clock.ts'
import { Questions } from '#test/bench/peers/steady/questions.ts'
import { decode } from '#test/support/client.ts'
import { until } from '#test/support/until.ts'
import { Flag } from '#wire/constants.ts'
import { formatName } from '#wire/name.ts'

const c = cLibrary()!
const functions = clientFunctions()!

describe('the time of an answer', { skip: functions === null && 'needs node:ffi and Linux on x86-64 or arm64' }, () => {
  for (const [what, heldBackMs, unreadMs] of [
    ['has what the server held it back for', 30, 0],
    ['does not have what it waited to be read', 0, 30],
    ['has the one and not the other', 30, 30],
  ] as const) {
    test(what, async () => {
      const clock = new Clock(c, functions)
      const questions = new Questions(c, 'www.example.org A\n')
      const server = createSocket('udp4').bind(0, '127.0.0.1')
      await once(server, 'listening')
      const socket = new ClientSocket(c, functions, server.address().port)
      const answers = new Answers(c, clock, 0, 1)
      try {
        clock.tick()
        const askedAt = clock.time
        socket.ask(questions, 0, askedAt)
        const [query, from] = (await once(server, 'message')) as [Buffer, RemoteInfo]
        await setTimeout(heldBackMs)
        query[2]! |= 0x80
        clock.tick()
        const answeredFrom = clock.time
        await new Promise<unknown>(done => server.send(query, from.port, from.address, done))
        clock.tick()
        const answeredUntil = clock.time
        await setTimeout(unreadMs)
        await until(() => answers.read(socket) === 1)
        const arrivedAt = askedAt + answers.latencies[0]!
        // The server's own times, by the same clock, before and after it sent: slowness cannot put the arrival outside.
        assert.ok(arrivedAt >= answeredFrom, `it arrived ${answeredFrom - arrivedAt} ns before it was sent`)
        assert.ok(arrivedAt <= answeredUntil, `it arrived ${arrivedAt - answeredUntil} ns after it was sent`)
      } finally {
        socket.close()
        server.close()
      }
    })
  }

  test('is of the clock that Date has', () => {
    const clock = new Clock(c, functions)
    const dateNow = () => {
      const ms = Date.now()
      return clock.at(Uint32Array.of(Math.floor(ms / 1000), 0, (ms % 1000) * 1e6, 0), 0)
    }
    const earliest = dateNow()
    clock.tick()
    assert.ok(clock.time >= earliest, `${earliest - clock.time} ns before Date`)
    assert.ok(clock.time < dateNow() + 1e6, 'after Date')
  })
})

describe('questions', { skip: functions === null && 'needs node:ffi and Linux on x86-64 or arm64' }, () => {
  test('are sent in the order of the file, again from its start, with RD and without EDNS', async () => {
    const server = createSocket('udp4').bind(0, '127.0.0.1')
    await once(server, 'listening')
    const received: Buffer[] = []
    server.on('message', message => received.push(message))
    const questions = new Questions(c, 'a.test A\n_http._tcp.b.test SRV\n')
    const socket = new ClientSocket(c, functions, server.address().port)
    for (const index of [0, 1, 0]) {
      questions.identify(index, socket.outstanding.nextId)
      socket.ask(questions, index, 1)
    }
    await until(() => received.length === 3)
    socket.close()
    server.close()
    const seen = received
      .map(octets => decode(octets))
      .map(({ id, flags, edns, questions: [question] }) => {
        return [id, flags, edns, formatName(question!.name), question!.type]
      })
    assert.deepEqual(seen, [
      [0, Flag.RD, null, 'a.test.', 1],
      [1, Flag.RD, null, '_http._tcp.b.test.', 33],
      [2, Flag.RD, null, 'a.test.', 1],
    ])
  })
})
