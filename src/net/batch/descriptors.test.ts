import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { fstatSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { cLibrary } from '#net/batch/c-library.ts'
import { closeAbandoned, makeMarks, openDatagramSocket } from '#net/batch/descriptors.ts'
import { openFiles } from '#test/support/open-files.ts'

const THREAD = new URL('../../../test/fixtures/net/forwarding-thread.ts', import.meta.url)
const c = cLibrary()
const NO_THREAD = 1000

describe('descriptors of a thread that is no more', { skip: c === null && 'needs node:ffi and Linux' }, () => {
  test('those that are marked are closed, once, and no others', () => {
    const [left, others] = [openDatagramSocket(c!, 4), openDatagramSocket(c!, 4)]
    const marks = makeMarks()
    new Uint8Array(marks.descriptorMarks)[left] = 1
    closeAbandoned(NO_THREAD, marks)
    assert.throws(() => fstatSync(left), /EBADF/)
    assert.equal(openDatagramSocket(c!, 4), left, 'the number is free')
    closeAbandoned(NO_THREAD, marks)
    for (const fd of [left, others]) {
      fstatSync(fd)
      c!.close(fd)
    }
  })

  for (const end of ['terminate', 'exit'] as const) {
    test(`sockets to listen on, to upstreams and to wait with are closed after '${end}'`, async t => {
      const silent = createSocket('udp4').bind(0, '127.0.0.1')
      t.after(() => silent.close())
      await once(silent, 'listening')
      const before = openFiles()
      const marks = makeMarks()
      const thread = new Worker(THREAD, { workerData: { ...marks, port: silent.address().port } })
      const { threadId } = thread
      const exited = once(thread, 'exit')
      await once(thread, 'message')
      const marked = new Uint8Array(marks.descriptorMarks).filter(each => each === 1).length
      assert.equal(marked, 1 + 20 + 1)
      if (end === 'terminate') await thread.terminate()
      else thread.postMessage('exit')
      await exited
      closeAbandoned(threadId, marks)
      assert.equal(openFiles(), before)
    })
  }
})
