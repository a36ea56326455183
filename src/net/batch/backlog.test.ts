import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Backlog } from '#net/batch/backlog.ts'
import type { CLibrary } from '#net/batch/c-library.ts'
import { cLibrary } from '#net/batch/c-library.ts'
import { MSG_DONTWAIT, MSG_WAITFORONE } from '#net/batch/linux.ts'

const c = cLibrary()

/** A backlog of a socket that has so many messages, what it asked the socket for, and how. */
function backlogOf(waiting: number): { backlog: Backlog; asked: number[]; flags: bigint[]; come(more: number): void } {
  const asked: number[] = []
  const flags: bigint[] = []
  const played: CLibrary = {
    ...c!,
    recvmmsg(_fd, _headers, count, how) {
      asked.push(Number(count))
      flags.push(how)
      const came = Math.min(Number(count), waiting)
      waiting -= came
      return came === 0 ? -1 : came
    },
  }
  return { backlog: new Backlog(played, 3, false), asked, flags, come: more => void (waiting += more) }
}

describe('messages that wait for their answers', { skip: c === null && 'needs node:ffi and Linux' }, () => {
  const TAKEN: readonly [rule: string, waiting: number, came: number, asked: readonly number[]][] = [
    ['one call of the system tells that there is no more', 3, 3, [64]],
    ['a socket without messages is asked once', 0, 0, [64]],
    ['as many as were asked for may not be all', 64, 64, [64, 64]],
    ['all are taken while there is room', 200, 200, [64, 64, 64, 64]],
    ['what finds no room stays in the socket', 1000, 256, [64, 64, 64, 64]],
  ]
  for (const [rule, waiting, came, expected] of TAKEN) {
    test(rule, () => {
      const { backlog, asked } = backlogOf(waiting)
      assert.equal(backlog.receive(512, false), came)
      assert.equal(backlog.count, came)
      assert.deepEqual(asked, expected)
    })
  }

  test('no more are taken than are wanted', () => {
    const { backlog, asked } = backlogOf(1000)
    assert.equal(backlog.receive(100, false), 100)
    assert.equal(backlog.receive(10, false), 10)
    assert.deepEqual(asked, [64, 36, 10])
  })

  test('the first message is waited for, if wanted, and no other', () => {
    const { backlog, flags } = backlogOf(100)
    backlog.receive(512, true)
    backlog.receive(512, false)
    assert.deepEqual(flags, [MSG_WAITFORONE, MSG_DONTWAIT, MSG_DONTWAIT])
  })

  test('the room of those that are answered is taken again, and nobody else is moved', () => {
    const { backlog, asked, come } = backlogOf(250)
    backlog.receive(512, false)
    backlog.dropFrom(240)
    come(30)
    asked.length = 0
    assert.equal(backlog.receive(512, false), 16)
    assert.deepEqual(asked, [16])
    assert.equal(backlog.count, 256)
  })
})
