import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cLibrary } from '#net/batch/c-library.ts'
import { isInstalled } from '#test/support/installed.ts'
import { bootServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'

const reason =
  (cLibrary() === null && 'needs node:ffi and Linux') ||
  (availableParallelism() < 2 && 'needs two processors') ||
  (!isInstalled('dnsperf') && 'dnsperf is not installed')

test('under load each thread keeps to processors of its own, and uses all again after it', {
  skip: reason,
}, async t => {
  const corefile = '. {\nmultisocket 2\nhosts hosts\n}'
  const server = await bootServer(corefile, { files: { hosts: '192.0.2.1 a.example\n' } })
  t.after(() => server.close())
  const whole = processorsOfThreads()
  assert.equal(whole.length, 2)
  assert.equal(whole[0], whole[1])
  const questions = join(server.directory, 'questions')
  writeFileSync(questions, 'a.example A\n')
  const where = ['-s', '127.0.0.1', '-p', String(server.port), '-d', questions]
  const load = spawn('dnsperf', [...where, '-c', '32', '-q', '64', '-Q', '40000', '-l', '30'], { stdio: 'ignore' })
  const ended = once(load, 'exit')
  try {
    await until(() => processorsOfThreads().every(each => each !== whole[0]))
    const [first, second] = processorsOfThreads()
    assert.notEqual(first, second)
  } finally {
    load.kill()
    await ended
  }
  await until(async () => {
    await Promise.all(Array.from({ length: 16 }, () => server.ask('a.example', 'A')))
    return processorsOfThreads().every(each => each === whole[0])
  })
})

/** What Linux says of the serving threads of this process. */
function processorsOfThreads(): string[] {
  const tasks = readdirSync('/proc/self/task').map(task => readFileSync(`/proc/self/task/${task}/status`, 'latin1'))
  return tasks
    .filter(status => status.startsWith('Name:\tserving-'))
    .map(status => /^Cpus_allowed_list:\t(.*)$/m.exec(status)![1]!)
}
