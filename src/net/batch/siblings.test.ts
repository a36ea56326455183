import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Backlog } from '#net/batch/backlog.ts'
import { cLibrary } from '#net/batch/c-library.ts'
import type { OpenSocket } from '#net/batch/open-socket.ts'
import { openSocket } from '#net/batch/open-socket.ts'
import type { SharedSocketsData } from '#net/batch/shared-sockets.ts'
import { makeSharedSockets, SharedSockets } from '#net/batch/shared-sockets.ts'
import { Siblings } from '#net/batch/siblings.ts'
import { ScriptedResponder } from '#test/support/scripted-responder.ts'

const c = cLibrary()
const MESSAGES = 60

describe('messages of other threads’ sockets', { skip: c === null && 'needs node:ffi and Linux' }, () => {
  for (const address of ['127.0.0.1', '']) {
    test(`are taken from each that shares ${address || 'the wildcard'} in turn, and then are no longer there`, async t => {
      const table = makeSharedSockets()
      const me = thread(t, table, 1, address, 0)
      const others = [2, 3].map(id => thread(t, table, id, address, me.socket.port))
      await sendFromManyPorts(t, me.socket.port)
      me.siblings.noteRead()
      const taken = others.map(() => me.siblings.receive(me.backlog, MESSAGES))
      assert.ok(taken.every(count => count > 0))
      assert.equal(me.siblings.receive(me.backlog, MESSAGES), 0)
      for (const other of others) assert.equal(other.backlog.receive(MESSAGES, false), 0)
      const before = me.backlog.count
      assert.equal(before + me.backlog.receive(MESSAGES, false), MESSAGES)
    })
  }

  test('are left alone when the sockets have left, or are at another port', async t => {
    const table = makeSharedSockets()
    const me = thread(t, table, 1, '127.0.0.1', 0)
    const other = thread(t, table, 2, '127.0.0.1', me.socket.port)
    const elsewhere = thread(t, table, 3, '127.0.0.1', 0)
    for (const { socket } of [me, elsewhere]) await sendFromManyPorts(t, socket.port)
    other.sockets.leave(other.socket.fd)
    me.siblings.noteRead()
    assert.equal(me.siblings.receive(me.backlog, MESSAGES), 0)
    assert.ok(other.backlog.receive(MESSAGES, false) > 0)
    assert.equal(elsewhere.backlog.receive(MESSAGES, false), MESSAGES)
  })

  test('are left to a thread that has just read its socket', async t => {
    const table = makeSharedSockets()
    const me = thread(t, table, 1, '127.0.0.1', 0)
    const other = thread(t, table, 2, '127.0.0.1', me.socket.port)
    await sendFromManyPorts(t, me.socket.port)
    me.siblings.noteRead()
    other.siblings.noteRead()
    assert.equal(me.siblings.receive(me.backlog, MESSAGES), 0)
    await setTimeout(1)
    me.siblings.noteRead()
    assert.ok(me.siblings.receive(me.backlog, MESSAGES) > 0)
  })
})

interface Thread {
  readonly socket: OpenSocket
  readonly sockets: SharedSockets
  readonly siblings: Siblings
  readonly backlog: Backlog
}

/** What a thread with the ID `id` would have, with a socket that shares its address. */
function thread(t: TestContext, table: SharedSocketsData, id: number, address: string, port: number): Thread {
  const socket = openSocket(c!, { address, port, responder: new ScriptedResponder(), reusePort: true })
  t.after(() => c!.close(socket.fd))
  const sockets = new SharedSockets(table, id)
  const siblings = new Siblings(sockets, socket.fd, socket.address, socket.port)
  return { socket, sockets, siblings, backlog: new Backlog(c!, socket.fd, socket.isWildcard) }
}

/** Sends a message from each of many ports: the system spreads them over the sockets. */
async function sendFromManyPorts(t: TestContext, port: number): Promise<void> {
  for (let i = 0; i < MESSAGES; i++) {
    const client = createSocket('udp4').bind(0, '127.0.0.1')
    t.after(() => client.close())
    await once(client, 'listening')
    await new Promise<unknown>(done => client.send('a message', port, '127.0.0.1', done))
  }
}
