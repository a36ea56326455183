import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { afterEach, describe, test } from 'node:test'
import { BatchPolicy } from '#net/batch/batch-policy.ts'
import { cLibrary } from '#net/batch/c-library.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'

/** What proc(5) says: the policy's field, counted from the one after the name, and its numbers. */
const POLICY_FIELD = 38
const SCHED_OTHER = 0
const SCHED_BATCH = 3

const c = cLibrary()

describe('a thread', { skip: c === null && 'needs node:ffi and Linux' }, () => {
  afterEach(() => choose(SCHED_OTHER))

  test('interrupts nobody while it is told to, and then does again', () => {
    const policy = new BatchPolicy(c!)
    for (const isKept of [false, true, true, false, false, true, false]) {
      policy.keep(isKept)
      assert.equal(policyInUse(), isKept ? SCHED_BATCH : SCHED_OTHER)
    }
  })

  test('keeps the policy that somebody else has given it', () => {
    choose(SCHED_BATCH)
    const policy = new BatchPolicy(c!)
    for (const isKept of [true, false]) {
      policy.keep(isKept)
      assert.equal(policyInUse(), SCHED_BATCH)
    }
  })
})

function choose(policy: number): void {
  const parameters = new NativeMemory(c!, 4)
  assert.equal(c!.schedSetscheduler(0, policy, parameters.address), 0)
}

function policyInUse(): number {
  const [, fields] = /^.*\) (.*)$/s.exec(readFileSync('/proc/thread-self/stat', 'utf8'))!
  return Number(fields!.split(' ')[POLICY_FIELD])
}
