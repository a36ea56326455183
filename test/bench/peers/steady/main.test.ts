import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { cLibrary } from '#net/batch/c-library.ts'
import type { SteadyReport } from '#test/bench/peers/steady/report.ts'
import { freePort } from '#test/support/free-port.ts'
import { REPOSITORY } from '#test/support/source.ts'

const MAIN = `${REPOSITORY}test/bench/peers/steady/main.ts`

describe('the program that asks', {
  skip: cLibrary() === null && 'needs node:ffi and Linux on x86-64 or arm64',
}, () => {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-steady-'))
  const file = join(directory, 'queries')
  writeFileSync(file, '0.test A\n0.test AAAA\n')

  after(() => rmSync(directory, { recursive: true }))

  function run(...args: readonly unknown[]): Promise<{ stdout: string }> {
    return promisify(execFile)(process.execPath, [MAIN, ...args.map(String)])
  }

  test('prints one line of JSON', async () => {
    const server = new Worker(new URL('delaying-server.ts', import.meta.url))
    try {
      const [port] = (await once(server, 'message')) as [number]
      const { stdout } = await run(port, file, 500, 0.2, 4)
      assert.equal(stdout.indexOf('\n'), stdout.length - 1)
      const { sent, answered, lost, p50Us, p99Us, maxUs } = JSON.parse(stdout) as SteadyReport
      assert.deepEqual([answered, lost], [sent, 0])
      assert.ok(0 < p50Us && p50Us <= p99Us && p99Us <= maxUs)
    } finally {
      await server.terminate()
    }
  })

  test('fails and says so when nobody answers', async () => {
    await assert.rejects(
      run(await freePort(), file, 100, 0.1, 1),
      /nobody answers at port \d+: \d+ questions were sent/,
    )
  })

  for (const [args, message] of [
    [[0, file, 100, 1, 1], /PORT 0: a number above 0 and up to 65535 is needed/],
    [[53, file, 'fast', 1, 1], /QUERIES-PER-SECOND fast: /],
    [[53, file, 100, 61, 1], /SECONDS 61: /],
    [[53, file, 100, 1], /CLIENTS undefined: /],
    [[53, join(directory, 'missing'), 100, 1, 1], /ENOENT/],
  ] as const) {
    test(`says what is wrong: ${message.source}`, async () => {
      await assert.rejects(run(...args), message)
    })
  }
})
