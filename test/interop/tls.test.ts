import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { ask } from '#test/support/client.ts'
import { isInstalled } from '#test/support/installed.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'
import { startUnboundOverTls, unboundProgram } from '#test/support/unbound.ts'
import { addressText } from '#wire/build.ts'

const run = promisify(execFile)
const file = (name: string) => resolve('test/fixtures/tls', name)

let server: TestServer
before(async () => {
  const certificate = [file('server.crt'), file('server.key'), file('ca.crt')].join(' ')
  server = await bootServer(
    `tls://.:0 {\nbind 127.0.0.1\nmultisocket 2\ntls ${certificate} {\nclient_auth verify_if_given\n}\ncache\nhosts hosts\n}\n`,
    { files: { hosts: '192.0.2.1 a.example\n' } },
  )
})
after(() => server.close())

const trusting = [`+tls-ca=${file('ca.crt')}`, '+tls-host=localhost']
const clients: [program: string, how: string, args: readonly string[], answer: string][] = [
  ['kdig', 'any certificate', ['+tls'], '192.0.2.1'],
  ['kdig', 'a certificate of the authority', trusting, '192.0.2.1'],
  ['kdig', 'a certificate of another authority', [`+tls-ca=${file('other-ca.crt')}`], ''],
  [
    'kdig',
    'a certificate of its own',
    [...trusting, `+tls-certfile=${file('client.crt')}`, `+tls-keyfile=${file('client.key')}`],
    '192.0.2.1',
  ],
  ['dig', 'any certificate', ['+tls'], '192.0.2.1'],
  ['dig', 'a certificate of the authority', [`+tls-ca=${file('ca.crt')}`, '+tls-hostname=localhost'], '192.0.2.1'],
]
for (const [program, how, args, answer] of clients) {
  const skip = isInstalled(program) ? false : `${program} is not installed`
  test(`${program} asks over TLS, with ${how}`, { skip }, async () => {
    const question = ['@127.0.0.1', '-p', String(server.port), '+short', 'a.example', 'A']
    const { stdout } = await run(program, [...args, ...question]).catch(() => ({ stdout: '' }))
    const shown = stdout.split('\n').filter(line => /^[\d.]+$/.test(line))
    assert.equal(shown.join(), answer)
  })
}

describe('unbound', { skip: unboundProgram === null && 'unbound is not installed' }, () => {
  test('forwards over TLS, many questions at once', async t => {
    const { port, kill } = await startUnboundOverTls(server.port, file('ca.crt'))
    t.after(kill)
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, i) => ask(port, i % 2 === 0 ? 'a.example' : `n${i}.example`, 'A')),
    )
    const found = replies.map(({ rcode, answer }) => [rcode, ...answer.map(addressText)].join(' '))
    assert.deepEqual([...new Set(found)].sort(), ['0 192.0.2.1', '2'])
  })
})
