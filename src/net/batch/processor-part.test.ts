import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { describe, test } from 'node:test'
import { cLibrary } from '#net/batch/c-library.ts'
import { ProcessorPart, partOf } from '#net/batch/processor-part.ts'
import { makeSharedSockets, SharedSockets } from '#net/batch/shared-sockets.ts'

const ADDRESS = new Int32Array(8)

describe('the part of the processors that a thread keeps to', () => {
  for (const [processors, index, count, expected] of [
    [[0, 1], 0, 2, [0]],
    [[0, 1], 1, 2, [1]],
    [[0, 1, 2, 3, 4, 5, 6, 7], 0, 2, [0, 1, 2, 3]],
    [[0, 1, 2, 3, 4, 5, 6, 7], 1, 2, [4, 5, 6, 7]],
    [[2, 3, 8, 9, 10], 0, 3, [2]],
    [[2, 3, 8, 9, 10], 1, 3, [3, 8]],
    [[2, 3, 8, 9, 10], 2, 3, [9, 10]],
    [[0, 1], 2, 3, [0, 1]],
    [[0, 1], 0, 1, [0, 1]],
    [[0, 1], -1, 2, [0, 1]],
  ] as const) {
    test(`of ${processors}, for thread ${index} of ${count}, is ${expected}`, () => {
      assert.deepEqual(partOf(processors, index, count), expected)
    })
  }

  test('leaves none out and is no other thread’s', () => {
    for (let processors = 1; processors < 40; processors++) {
      const all = Array.from({ length: processors }, (_, i) => 2 * i)
      for (let count = 1; count <= processors; count++) {
        const parts = Array.from({ length: count }, (_, index) => partOf(all, index, count))
        assert.deepEqual(parts.flat(), all)
        assert.ok(parts.every(({ length }) => Math.abs(length - processors / count) < 1))
      }
    }
  })
})

const reason = cLibrary() === null ? 'needs node:ffi and Linux' : availableParallelism() < 2 && 'needs two processors'

describe('a thread', { skip: reason }, () => {
  test('keeps to its part while it is told to, as other threads come and go, and then uses all again', () => {
    const table = makeSharedSockets()
    const [mine, other] = [new SharedSockets(table, 1), new SharedSockets(table, 2)]
    const part = new ProcessorPart(cLibrary()!, mine)
    const whole = processorsInUse()
    mine.enter(20, ADDRESS)
    part.keep(true)
    assert.deepEqual(processorsInUse(), whole, 'there is no other thread')
    assert.ok(!part.isOneOfSeveral)
    other.enter(21, ADDRESS)
    part.keep(true)
    assert.deepEqual(processorsInUse(), partOf(whole, 0, 2))
    assert.ok(part.isOneOfSeveral)
    part.keep(false)
    assert.deepEqual(processorsInUse(), whole)
    part.keep(true)
    assert.deepEqual(processorsInUse(), partOf(whole, 0, 2))
    other.leave(21)
    part.keep(true)
    assert.deepEqual(processorsInUse(), whole)
    part.keep(false)
  })
})

/** What Linux says of this thread: `0-3,8`. */
function processorsInUse(): number[] {
  const [, list] = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/thread-self/status', 'utf8'))!
  return list!.split(',').flatMap(range => {
    const [first, last] = range.split('-').map(Number)
    return Array.from({ length: (last ?? first!) - first! + 1 }, (_, i) => first! + i)
  })
}
