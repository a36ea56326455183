import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { captureLines } from '#lib/output.ts'
import { failure, reply } from '#plugin/reply.ts'
import { errors } from '#plugins/errors/index.ts'
import { buildPlugin, makeQuery } from '#test/support/plugin.ts'
import { Rcode } from '#wire/constants.ts'

const TIMEOUT = 'read udp 10.0.0.1:53->8.8.8.8:53: i/o timeout'

describe('errors', () => {
  let lines: string[] = []
  let release = (): void => {}

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    lines = []
    release = captureLines(line => lines.push(line))
  })

  afterEach(() => {
    mock.timers.reset()
    release()
  })

  /** A server whose queries end with the error that their first label asks for. */
  function build(text: string) {
    return buildPlugin(errors, text, {
      next: query => {
        const message = query.folded.startsWith('\x07timeout') ? TIMEOUT : 'something else'
        return failure(Rcode.SERVFAIL, new Error(message))
      },
    })
  }

  it('logs code, name in lower case, type and error', () => {
    build('errors').handler(makeQuery('TimeOut.Example.ORG.', 'AAAA'))
    assert.deepEqual(lines, [`[ERROR] plugin/errors: 2 timeout.example.org. AAAA: ${TIMEOUT}`])
  })

  it('logs the error of a reply that comes later, and hands the reply on', async () => {
    const given = failure(Rcode.REFUSED, new Error('late'))
    const { handler } = buildPlugin(errors, 'errors stdout', { next: () => Promise.resolve(given) })
    assert.equal(await handler(makeQuery('example.org.', 'A')), given)
    assert.deepEqual(lines, ['[ERROR] plugin/errors: 5 example.org. A: late'])
  })

  it('says nothing of a reply without an error', () => {
    buildPlugin(errors, 'errors', { next: () => reply('test', {}) }).handler(makeQuery('example.org.', 'A'))
    assert.deepEqual(lines, [])
  })

  it('keeps a message on one line and within bounds', () => {
    const message = `a\nb\r\x1b[31m${'x'.repeat(5000)}`
    const { handler } = buildPlugin(errors, 'errors', { next: () => failure(2, new Error(message)) })
    handler(makeQuery('example.org.', 'A'))
    assert.ok(lines[0]!.includes('A: a\\010b\\013\\027[31mxxx'))
    assert.ok(lines[0]!.length < 1200)
  })

  const consolidated: [rule: string, options: string, asked: number, expected: string[]][] = [
    [
      'counts the errors of a period that starts with the first',
      'consolidate 5m "^.* i/o timeout$"',
      3,
      ["[ERROR] plugin/errors: 3 errors like '^.* i/o timeout$' occurred in last 5m0s"],
    ],
    [
      'uses the level that is asked for',
      'consolidate 30s timeout warning',
      1,
      ["[WARNING] plugin/errors: 1 errors like 'timeout' occurred in last 30s"],
    ],
    [
      'shows the first error at once with show_first',
      'consolidate 30s timeout info show_first',
      2,
      [
        `[INFO] plugin/errors: 2 timeout.example.org. A: ${TIMEOUT}`,
        "[INFO] plugin/errors: 2 errors like 'timeout' occurred in last 30s",
      ],
    ],
    [
      'leaves the summary of a single error out with show_first',
      'consolidate 30s timeout show_first',
      1,
      [`[ERROR] plugin/errors: 2 timeout.example.org. A: ${TIMEOUT}`],
    ],
    [
      'counts an error for the first pattern that matches only',
      'consolidate 30s i/o warning\nconsolidate 30s timeout',
      1,
      ["[WARNING] plugin/errors: 1 errors like 'i/o' occurred in last 30s"],
    ],
  ]
  for (const [rule, options, asked, expected] of consolidated) {
    it(rule, () => {
      const { handler } = build(`errors {\n${options}\n}`)
      for (let i = 0; i < asked; i++) handler(makeQuery('timeout.example.org.', 'A'))
      mock.timers.tick(300_000)
      assert.deepEqual(lines, expected)
    })
  }

  it('logs errors that no pattern matches one by one', () => {
    build('errors {\nconsolidate 30s timeout\n}').handler(makeQuery('other.example.org.', 'A'))
    assert.deepEqual(lines, ['[ERROR] plugin/errors: 2 other.example.org. A: something else'])
  })

  it('writes what it has counted when the configuration ends', async () => {
    const { handler, instance } = build('errors {\nconsolidate 1h timeout\n}')
    handler(makeQuery('timeout.example.org.', 'A'))
    await instance.hooks.runAll('shutdown')
    assert.deepEqual(lines, ["[ERROR] plugin/errors: 1 errors like 'timeout' occurred in last 1h0m0s"])
  })

  it('asks for stacks of recovered panics with stacktrace', () => {
    assert.equal(build('errors').instance.plan.blocks[0]!.settings.stacktrace, false)
    assert.equal(build('errors {\nstacktrace\n}').instance.plan.blocks[0]!.settings.stacktrace, true)
  })
})
