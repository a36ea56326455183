import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import process from 'node:process'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Timed } from '#net/upstream/deadlines.ts'
import { Deadlines } from '#net/upstream/deadlines.ts'
import { until } from '#test/support/until.ts'

/** Things with names that end when their time is over, and the names of those that did. */
function startBed() {
  const deadlines = new Deadlines<Timed>()
  const over: string[] = []
  function add(name: string, timeoutMs: number): Timed {
    const item = {
      timeOut() {
        over.push(name)
        deadlines.delete(item)
      },
    }
    deadlines.add(item, timeoutMs)
    return item
  }
  return { deadlines, over, add }
}

test('each is over in its time, in whatever order they came', async () => {
  const { deadlines, over, add } = startBed()
  for (const timeoutMs of [60, 20, 100, 40]) add(String(timeoutMs), timeoutMs)
  await until(() => over.length === 4)
  assert.deepEqual(over, ['20', '40', '60', '100'])
  assert.equal(deadlines.size, 0)
})

test('what has ended before is not told of, and what comes later has its whole time', async () => {
  const { deadlines, over, add } = startBed()
  deadlines.delete(add('ended', 20))
  await pause(10)
  const began = performance.now()
  const later = add('later', 30)
  assert.ok(deadlines.leftMs(later) > 25)
  await until(() => over.length > 0)
  assert.deepEqual(over, ['later'])
  assert.ok(performance.now() - began >= 29, 'a timer counts in milliseconds')
})

test('what is not deleted when its time is over holds up nothing else', async () => {
  const { deadlines, over, add } = startBed()
  let told = 0
  const stubborn = { timeOut: () => void told++ }
  deadlines.add(stubborn, 5)
  add('other', 40)
  await until(() => over.length === 1)
  assert.ok(told > 0 && deadlines.leftMs(stubborn) < 0)
  assert.deepEqual(deadlines.items(), [stubborn])
})

const MODULE = fileURLToPath(new URL('deadlines.ts', import.meta.url))
const keepsAlive: readonly [what: string, then: string, isWaitedFor: boolean][] = [
  ['something under way', '', true],
  ['nothing', 'deadlines.delete(item)', false],
  ['something that came after all else had ended', 'deadlines.delete(item); deadlines.add(item, 300)', true],
]
for (const [what, then, isWaitedFor] of keepsAlive) {
  test(`a process that has ${what} ${isWaitedFor ? 'lives until then' : 'ends'}`, async () => {
    const script = `
      const { Deadlines } = await import(${JSON.stringify(MODULE)})
      const deadlines = new Deadlines()
      const item = { timeOut() { process.stdout.write('over'); deadlines.delete(item) } }
      deadlines.add(item, 200)
      ${then}`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
    assert.equal(stdout, isWaitedFor ? 'over' : '')
  })
}
