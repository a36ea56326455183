import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Backlog } from '#net/batch/backlog.ts'
import { cLibrary } from '#net/batch/c-library.ts'
import { closeDescriptor } from '#net/batch/descriptors.ts'
import { openSocket } from '#net/batch/open-socket.ts'
import { letReceiptWait } from '#net/batch/waiting-receipt.ts'
import { ScriptedResponder } from '#test/support/scripted-responder.ts'

const c = cLibrary()

describe('a receipt that waits', { skip: c === null && 'needs node:ffi and Linux' }, () => {
  test('takes what has come, and ends by itself when nothing comes', async t => {
    const { fd, port } = openSocket(c!, { address: '127.0.0.1', port: 0, responder: new ScriptedResponder() })
    t.after(() => closeDescriptor(c!, fd))
    assert.ok(letReceiptWait(c!, fd))
    const backlog = new Backlog(c!, fd, false)
    const sender = dgram.createSocket('udp4')
    t.after(() => sender.close())
    await new Promise(sent => sender.send('one', port, '127.0.0.1', sent))
    await setTimeout(10)
    assert.equal(backlog.receive(64, true), 1)
    // The process's own processor time does not pass while the system waits.
    const [before, cpuBefore] = [performance.now(), process.cpuUsage()]
    for (let i = 0; i < 20; i++) assert.equal(backlog.receive(64, true), 0)
    const { user, system } = process.cpuUsage(cpuBefore)
    const waitedMs = performance.now() - before
    assert.ok((user + system) / 1000 < waitedMs / 2, `${user + system} us in ${waitedMs} ms`)
  })

  test('what has no such clock is refused', () => {
    assert.equal(letReceiptWait(c!, 0x7fffffff), false)
  })
})
