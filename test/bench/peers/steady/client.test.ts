import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { cLibrary } from '#net/batch/c-library.ts'
import { clientFunctions } from '#test/bench/peers/steady/c-functions.ts'
import type { SteadyResult } from '#test/bench/peers/steady/client.ts'
import { SteadyClient } from '#test/bench/peers/steady/client.ts'
import { Questions } from '#test/bench/peers/steady/questions.ts'

const c = cLibrary()!
const functions = clientFunctions()!

describe('the steady client', { skip: functions === null && 'needs node:ffi and Linux on x86-64 or arm64' }, () => {
  let server: Worker
  let port: number

  before(async () => {
    server = new Worker(new URL('delaying-server.ts', import.meta.url))
    ;[port] = (await once(server, 'message')) as [number]
  })

  after(() => server.terminate())

  /** Asks the names in turn for half a second. */
  function run(names: readonly string[], clients: number): SteadyResult {
    const questions = new Questions(c, names.map(name => `${name} A\n`).join(''))
    return new SteadyClient(c, functions, { port, questions, queriesPerSecond: 400, seconds: 0.5, clients }).run()
  }

  test('has no answer earlier than the server gave it: half after 20 ms, a quarter each after 40 and 60 ms', () => {
    const { sent, latencies } = run(['20.test', '40.test', '20.test', '60.test'], 3)
    assert.equal(latencies.length, sent)
    const count = latencies.length
    const sorted = latencies.toSorted()
    // At most one more than half were held back for 20 ms only, and a quarter, rounded down, for 60. Timers may be a millisecond early.
    for (const [index, ms] of [
      [0, 19],
      [Math.ceil(count / 2) + 1, 39],
      [count - Math.floor(count / 4), 59],
    ] as const) {
      const value = (sorted[index] ?? Number.POSITIVE_INFINITY) / 1e6
      assert.ok(value >= ms, `answer ${index} of ${count} took ${value} ms`)
    }
  })

  test('counts what the server does not answer as lost', () => {
    const { sent, latencies } = run(['0.test', 'never.test'], 2)
    assert.ok(Math.abs(latencies.length - sent / 2) <= 1, `${latencies.length} of ${sent} have answers`)
  })

  test('counts each question once, whatever else comes: other IDs, and the same answer again', () => {
    const { sent, latencies } = run(['twice.test'], 2)
    assert.equal(latencies.length, sent)
  })
})
