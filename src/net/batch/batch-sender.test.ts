import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { BatchSender } from '#net/batch/batch-sender.ts'
import type { CLibrary } from '#net/batch/c-library.ts'
import { cLibrary } from '#net/batch/c-library.ts'
import { Datagrams } from '#net/batch/datagrams.ts'
import type { DropReason } from '#net/drop.ts'

const real = cLibrary()
const NAME = new Uint8Array(16)
const NO_CONTROL = new Uint8Array(0)

describe('sending in batches', { skip: real === null && 'needs node:ffi and Linux on x86-64 or arm64' }, () => {
  /** What the next calls of sendmmsg, and of sendmsg for a single message, do: a count that is taken, or the error that comes. */
  let answers: (number | string)[]
  /** How many messages each call was given. */
  let calls: number[]
  let drops: Map<DropReason, number>
  let blocked: boolean[]
  let c: CLibrary
  let sender: BatchSender

  beforeEach(() => {
    answers = []
    calls = []
    drops = new Map()
    blocked = []
    let error = ''
    const send = (count: number): number => {
      calls.push(count)
      const answer = answers.shift() ?? count
      if (typeof answer === 'number') return Math.min(answer, count)
      error = answer
      return -1
    }
    c = {
      ...real!,
      sendmsg: () => send(1),
      sendmmsg: (_fd, _headers, count) => send(Number(count)),
      errorName: () => error,
    }
    sender = new BatchSender(
      c,
      -1,
      (reason, count) => void drops.set(reason, (drops.get(reason) ?? 0) + count),
      isBlocked => void blocked.push(isBlocked),
    )
  })

  function replies(count: number): Datagrams {
    const received = new Datagrams(c, count, false)
    received.makeReady(0, count)
    const made = new Datagrams(c, count, false)
    for (let slot = 0; slot < count; slot++) made.replyTo(slot, 20, received, slot, 0)
    return made
  }

  test('goes on after what the system took in one call', () => {
    answers = [3, 1]
    sender.send(replies(10), 10)
    assert.deepEqual(calls, [10, 7, 6])
    assert.equal(drops.size, 0)
  })

  test('tries again when a signal interrupts', () => {
    answers = ['EINTR', 'EINTR']
    sender.send(replies(4), 4)
    assert.deepEqual(calls, [4, 4, 4])
  })

  for (const error of ['EPERM', 'ENOBUFS', 'ENETUNREACH', 'EMSGSIZE', 'EINVAL', 'ECONNREFUSED']) {
    test(`loses only the message that the system refuses with ${error}`, () => {
      answers = [2, error, 1]
      sender.send(replies(5), 5)
      assert.deepEqual(calls, [5, 3, 2, 1])
      assert.deepEqual([...drops], [['send error', 1]])
    })
  }

  test('keeps what a full send buffer does not take, and sends it when there is room', async () => {
    answers = [2, 'EAGAIN']
    sender.send(replies(5), 5)
    assert.deepEqual([calls, blocked, sender.isBlocked], [[5, 3], [true], true])
    sender.sendLate(new Uint8Array(20), NAME, NO_CONTROL)
    await nextTurn()
    assert.deepEqual(calls, [5, 3], 'nothing is tried before there is room')
    answers = [1, 'EAGAIN']
    sender.flush()
    assert.deepEqual([calls.slice(2), sender.isBlocked], [[4, 3], true])
    sender.flush()
    assert.deepEqual([calls.slice(4), blocked, sender.isBlocked], [[3], [true, false], false])
    assert.equal(drops.size, 0)
  })

  test('drops and counts what is more than the queue holds', () => {
    answers = ['EAGAIN']
    sender.send(replies(64), 64)
    sender.send(replies(64), 64)
    assert.equal(drops.size, 0)
    sender.send(replies(64), 64)
    sender.sendLate(new Uint8Array(20), NAME, NO_CONTROL)
    assert.deepEqual([...drops], [['send queue full', 65]])
    assert.deepEqual(calls, [64])
    sender.close()
    assert.deepEqual(calls, [64, 128])
  })

  test('sends late replies of one turn in one call', async () => {
    for (let id = 0; id < 10; id++) sender.sendLate(new Uint8Array(20), NAME, NO_CONTROL)
    assert.deepEqual(calls, [])
    await nextTurn()
    assert.deepEqual(calls, [10])
  })

  test('sends late replies at once when the queue is full', () => {
    for (let id = 0; id < 130; id++) sender.sendLate(new Uint8Array(20), NAME, NO_CONTROL)
    assert.deepEqual(calls, [128])
    sender.close()
    assert.deepEqual(calls, [128, 2])
  })

  test('counts what is given to it after it was closed, and what is too long', () => {
    sender.sendLate(new Uint8Array(5000), NAME, NO_CONTROL)
    sender.close()
    sender.sendLate(new Uint8Array(20), NAME, NO_CONTROL)
    assert.deepEqual(
      [...drops],
      [
        ['send error', 1],
        ['peer gone', 1],
      ],
    )
    assert.deepEqual(calls, [])
  })
})
