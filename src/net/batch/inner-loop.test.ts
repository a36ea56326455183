import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import type { CLibrary } from '#net/batch/c-library.ts'
import { InnerLoop } from '#net/batch/inner-loop.ts'
import type { SharedSocketsData } from '#net/batch/shared-sockets.ts'
import { makeSharedSockets, SharedSockets } from '#net/batch/shared-sockets.ts'

const SOCKET = 7
const OTHER = 8
const BACKEND = 3
const READABLE = 1 << 16

describe('the inner loop, its system calls played by the test', () => {
  /** What libuv would say, and what is done when it is asked how long it would sleep. */
  let turns: number
  let events: number
  let sleepsMs: number
  let onAsked: () => void
  /** Descriptors that are ready after each wait; a wait beyond the last comes to nothing. */
  let ready: number[][]
  /** How long each wait would have been, in milliseconds, and what is done in it. */
  let waits: number[]
  let onWait: () => void
  let answers: number
  let isSettled: boolean
  let isReading: boolean
  let isPaused: boolean
  /** Whether the socket can be waited for in its receipt, how often it was, and what comes of the wait. */
  let canWait: boolean
  let receiptWaits: number
  /** Messages that come with each answer, and how many came in all. */
  let messages: number
  let received: number
  /** The thread's policy: 0, or 3 for SCHED_BATCH; and whether an answer was given with that. */
  let policy: number
  let wasBatch: boolean
  let onReceiptWait: () => void
  let table: SharedSocketsData
  let loop: InnerLoop

  beforeEach(() => {
    turns = 10
    events = 100
    sleepsMs = -1
    onAsked = () => {}
    ready = []
    waits = []
    onWait = () => {}
    answers = 0
    isSettled = true
    isReading = true
    isPaused = false
    canWait = false
    receiptWaits = 0
    messages = 1
    received = 0
    policy = 0
    wasBatch = false
    onReceiptWait = () => {}
    table = makeSharedSockets()
    loop = new InnerLoop(library(), new SharedSockets(table, 0))
  })

  function library(): CLibrary {
    const memories: Uint32Array[] = []
    const played: Partial<CLibrary> = {
      loop: 1n,
      addressOf: memory => BigInt(memories.push(new Uint32Array(memory)) - 1),
      backendFd: () => BACKEND,
      backendTimeout() {
        onAsked()
        return sleepsMs
      },
      updateTime() {},
      metricsInfo(_loop, metrics) {
        const words = memories[Number(metrics)]!
        words[0] = turns
        words[2] = events
        return 0
      },
      schedGetaffinity: () => 0,
      schedSetaffinity: () => 0,
      schedGetscheduler: () => policy,
      schedSetscheduler(_thread, wanted) {
        policy = wanted
        return 0
      },
      poll(descriptors, count, timeoutMs) {
        assert.ok(isPaused)
        waits.push(Number(timeoutMs))
        onWait()
        const words = memories[Number(descriptors)]!
        const now = ready.shift() ?? []
        for (let i = 0; i < Number(count); i++) words[2 * i + 1] = 1 | (now.includes(words[2 * i]!) ? READABLE : 0)
        return now.length
      },
    }
    return played as CLibrary
  }

  /** A turn of the event loop with so many events, of which the socket's is one. */
  function turn(eventCount = 1): void {
    turns++
    events += eventCount
    const socket = {
      fd: SOCKET,
      isReading,
      canWait,
      get received() {
        return received
      },
      onReady(isToWait: boolean) {
        answers++
        received += messages
        wasBatch ||= policy === 3
        if (isToWait) {
          receiptWaits++
          onReceiptWait()
        }
        return isSettled
      },
      pause() {
        isPaused = true
      },
      resume() {
        isPaused = false
      },
    }
    loop.run([socket, { ...socket, fd: OTHER, canWait: false }], 1)
    assert.ok(!isPaused)
    assert.equal(policy, 0, 'what the event loop starts would begin with it')
  }

  /** Two turns in a row; again if the machine had so much to do that the second did not come soon. */
  function turnUntilItWaits(): void {
    for (let tries = 0; tries < 100 && waits.length === 0; tries++) turn()
  }

  const rules: [rule: string, prepare: () => void, waitCount: number][] = [
    ['waits when nothing but its sockets was ready in two turns', () => {}, 1],
    ['does not when other events came in the turn', () => void events++, 0],
    ['does not when there was a turn without its sockets', () => void turns++, 0],
    ['does not when the event loop would not sleep', () => void (sleepsMs = 0), 0],
    ['does not when a socket waits for something else', () => void (isReading = false), 0],
  ]
  for (const [rule, prepare, waitCount] of rules) {
    test(rule, () => {
      turn()
      assert.equal(waits.length, 0)
      prepare()
      turn()
      assert.equal(waits.length, waitCount)
    })
  }

  const ends: [rule: string, prepare: () => void, ready: number[][], answers: number][] = [
    ['answers until nothing comes', () => {}, [[SOCKET], [SOCKET], [SOCKET]], 3],
    ['ends when the event loop has something to do', () => {}, [[SOCKET], [BACKEND], [SOCKET]], 1],
    ['answers what came with that', () => {}, [[SOCKET, BACKEND], [SOCKET]], 1],
    ['ends when an answer leaves something behind', () => void (isSettled = false), [[SOCKET], [SOCKET]], 1],
  ]
  for (const [rule, prepare, waited, wanted] of ends) {
    test(rule, () => {
      turn()
      prepare()
      ready = waited
      turnUntilItWaits()
      assert.equal(answers, wanted)
    })
  }

  /** Turns for 150 ms, in which messages come one after another, as fast as they are answered, to these descriptors by turns. */
  function highLoad(...descriptors: number[][]): void {
    const endMs = performance.now() + 150
    while (performance.now() < endMs) {
      ready = Array.from({ length: 200 }, () => descriptors).flat()
      turn()
    }
  }

  const receipts: [rule: string, descriptors: number[][], waitsInReceipt: boolean][] = [
    ['waits in the receipt when one socket alone is asked much', [[SOCKET]], true],
    ['does not when it would have to be another', [[OTHER]], false],
    ['does not when another is asked as well', [[SOCKET, OTHER]], false],
    ['does not when the event loop has something to do', [[SOCKET, BACKEND]], false],
  ]
  for (const [rule, descriptors, waitsInReceipt] of receipts) {
    test(rule, () => {
      canWait = true
      highLoad(...descriptors)
      assert.equal(receiptWaits > 0, waitsInReceipt)
    })
  }

  for (const [rule, perAnswer, threads, isBatch] of [
    ['interrupts nobody while as much comes as one of two threads can answer', 1000, [0, 1], true],
    ['does when less comes', 0, [0, 1], false],
    ['does when it is the only thread', 1000, [0], false],
  ] as const) {
    test(rule, () => {
      messages = perAnswer
      for (const thread of threads) new SharedSockets(table, thread).enter(SOCKET, new Int32Array(8))
      highLoad([SOCKET])
      assert.equal(wasBatch, isBatch)
    })
  }

  test('does not in a burst', () => {
    canWait = true
    turn()
    ready = Array.from({ length: 100 }, () => [SOCKET])
    turn()
    assert.ok(answers >= 100)
    assert.equal(receiptWaits, 0)
  })

  test('looks for others a quarter of a millisecond after it began to wait in the receipt', () => {
    canWait = true
    onReceiptWait = () => spend(0.1)
    highLoad([SOCKET])
    assert.ok(receiptWaits > 0)
    // Three such waits last longer than that; the looks before the load was known to be high come on top.
    assert.ok(waits.length >= receiptWaits / 3, `${waits.length} looks, ${receiptWaits} waits in the receipt`)
  })

  /** The socket has a message after each wait, and each wait takes five milliseconds. */
  function waitLong(): void {
    ready = Array.from({ length: 1000 }, () => [SOCKET])
    onWait = () => spend(5)
  }

  test('asks every ten milliseconds whether the event loop has something to do by now', () => {
    waitLong()
    turn()
    const asked: number[] = []
    onAsked = () => void asked.push((sleepsMs = asked.length < 4 ? -1 : 0))
    turnUntilItWaits()
    assert.deepEqual(asked, [-1, -1, -1, -1, 0])
    assert.ok(waits.length >= 4 && waits.length <= 8, `${waits.length} waits`)
  })

  test('waits no longer than until a timer that was set meanwhile', () => {
    waitLong()
    turn()
    onAsked = () => void (sleepsMs = waits.length < 4 ? 1000 : 1)
    turnUntilItWaits()
    assert.ok(waits.length <= 8, `${waits.length} waits`)
  })

  test('gives the event loop its turn after a second, whatever that says', () => {
    waitLong()
    turn()
    const startMs = performance.now()
    turnUntilItWaits()
    const lastedMs = performance.now() - startMs
    assert.ok(lastedMs >= 1000 && waits.length <= 200, `${waits.length} waits, ${lastedMs} ms`)
  })

  test('waits in the last millisecond before a timer, too', () => {
    sleepsMs = 1
    // A machine with much to do may let that millisecond pass before the wait, too.
    turnUntilItWaits()
    assert.equal(waits[0], 1)
  })

  test('waits no longer than until the next timer, and than 10 ms', () => {
    for (const [sleeps, waited] of [
      [-1, [10]],
      [500, [10]],
      [5, [4, 5]],
    ] as const) {
      waits = []
      sleepsMs = sleeps
      turn()
      turn()
      assert.ok(
        waited.some(each => each === waits[0]),
        `${waits} for ${sleeps}`,
      )
    }
  })
})

function spend(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs) {}
}
