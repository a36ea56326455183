import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { describe, test } from 'node:test'
import type { ConnectionOptions } from 'node:tls'
import { certificates } from '#test/support/api-server/certificates.ts'
import { decode, queryOctets } from '#test/support/client.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'
import { StreamClient } from '#test/support/stream-client.ts'
import { askTls, connectTls } from '#test/support/tls-client.ts'
import { until } from '#test/support/until.ts'
import { addressText } from '#wire/build.ts'

const { ca, otherCa, server: own, client: other, otherServer: foreign } = certificates

const FILES = {
  'server.crt': own.cert,
  'server.key': own.key,
  'ca.crt': ca,
  hosts: '192.0.2.1 a.example\n',
}

async function boot(t: TestContext, corefile: string): Promise<TestServer> {
  const server = await bootServer(corefile, { files: FILES })
  t.after(() => server.close())
  return server
}

const block = (lines: string, keys = 'tls://.:0') =>
  `${keys} {\nbind 127.0.0.1\ntls server.crt server.key ca.crt${lines}\nprometheus 127.0.0.1:0\ncache\nhosts hosts\n}\n`

const total = (page: string, pattern: RegExp) =>
  [...page.matchAll(new RegExp(`^${pattern.source} (\\d+)$`, 'gm'))].reduce((sum, found) => sum + Number(found[1]), 0)

test('a block is served over TLS as over UDP and TCP, and counted apart', async t => {
  const server = await boot(t, block('', '.:0 tls://.:0'))
  const [plain, secure] = server.listening
  assert.deepEqual([plain!.group.scheme, secure!.group.scheme], ['dns', 'tls'])
  for (const name of ['a.example', 'A.Example', 'nope.example']) {
    const [overTls, overUdp] = [await askTls(secure!.port, name, 'A'), await server.ask(name, 'A')]
    assert.equal(overTls.rcode, overUdp.rcode)
    assert.deepEqual(overTls.answer.map(addressText), overUdp.answer.map(addressText))
  }
  const page = server.metrics()
  assert.equal(total(page, /coredns_dns_requests_total{server="tls:.*proto="tcp".*}/), 3)
  assert.equal(total(page, /coredns_dns_requests_total{server="dns:.*proto="udp".*}/), 3)
})

test('many queries on one connection are all answered, and the client may end its side before', async t => {
  const server = await boot(t, block(''))
  const client = await connectTls(server.port)
  t.after(() => client.close())
  client.send(...Array.from({ length: 500 }, () => queryOctets('a.example', 'A')))
  client.socket.end()
  assert.ok((await client.receive(500)).every(reply => decode(reply).answer.length === 1))
  await client.ended()
})

describe('the handshake', () => {
  const offers: [rule: string, options: ConnectionOptions, outcome: string | RegExp][] = [
    ['takes TLS 1.3', { minVersion: 'TLSv1.3' }, 'TLSv1.3, no ALPN'],
    ['takes TLS 1.2', { maxVersion: 'TLSv1.2' }, 'TLSv1.2, no ALPN'],
    [
      'refuses TLS 1.1',
      { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      /protocol version/,
    ],
    ['takes the name dot of RFC 7858', { ALPNProtocols: ['dot'] }, 'TLSv1.3, dot'],
    ['chooses dot among names', { ALPNProtocols: ['h2', 'dot'] }, 'TLSv1.3, dot'],
    ['refuses those who want to speak something else', { ALPNProtocols: ['h2'] }, /no application protocol/],
  ]
  for (const [rule, options, outcome] of offers) {
    test(rule, async t => {
      const server = await boot(t, block(''))
      const shown = connectTls(server.port, options).then(async client => {
        const { tls } = client
        assert.equal((await client.ask('a.example', 'A')).answer.length, 1)
        const agreed = `${tls.getProtocol()}, ${tls.alpnProtocol || 'no ALPN'}`
        await client.close()
        return agreed
      })
      if (typeof outcome === 'string') return assert.equal(await shown, outcome)
      await assert.rejects(shown, outcome)
      await until(() => total(server.metrics(), /nodens_messages_dropped_total{.*"handshake_failed"}/) === 1)
    })
  }

  test('is asked of those who speak plain DNS, too, who get no answer', async t => {
    const server = await boot(t, block(''))
    const client = await StreamClient.connect(server.port)
    client.socket.write(Buffer.from('001d123401000001000000000000076578616d706c65036f72670000010001', 'hex'))
    await client.ended()
    assert.equal(client.replies.length, 0)
    assert.equal((await askTls(server.port, 'a.example', 'A')).answer.length, 1)
  })
})

describe('client_auth', () => {
  const rules: [mode: string, none: boolean, own: boolean, foreign: boolean][] = [
    ['nocert', true, true, true],
    ['request', true, true, true],
    ['require', false, true, true],
    ['verify_if_given', true, true, false],
    ['require_and_verify', false, true, false],
  ]
  for (const [mode, ...accepted] of rules) {
    test(`${mode} lets in ${JSON.stringify(accepted)}: no certificate, one of the authority's, one of another's`, async t => {
      const server = await boot(t, block(` {\nclient_auth ${mode}\n}`))
      const shown = [undefined, other, foreign]
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        for (const [index, pair] of shown.entries()) {
          const reply = askTls(server.port, 'a.example', 'A', { ...pair, maxVersion: version }).then(
            ({ answer }) => answer.length === 1,
            () => false,
          )
          assert.equal(await reply, accepted[index], `${version}, ${index}`)
        }
      }
    })
  }
})

test('keylog appends the secrets of sessions to a file that only its owner may read', async t => {
  const server = await boot(t, block(' {\nkeylog secrets.txt\n}'))
  const path = `${server.directory}/secrets.txt`
  assert.ok(server.lines.some(line => line.includes(`[WARNING] plugin/tls: Writing TLS Key Log to "${path}"`)))
  await askTls(server.port, 'a.example', 'A')
  await until(() => /^CLIENT_HANDSHAKE_TRAFFIC_SECRET [0-9a-f]{64} [0-9a-f]+\n/m.test(readFileSync(path, 'utf8')))
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('loop looks for none where nothing is served over UDP', async t => {
  const server = await boot(t, block('\nloop'))
  assert.deepEqual(
    server.lines.filter(line => line.includes('ERROR')),
    [],
  )
  assert.equal((await askTls(server.port, 'a.example', 'A')).answer.length, 1)
})

test('a reload shows a new certificate to new clients, and ends no connection', async t => {
  const server = await boot(t, block(''))
  const before = await connectTls(server.port)
  t.after(() => before.close())
  await before.ask('a.example', 'A')
  server.writeFile('server.crt', foreign.cert)
  server.writeFile('server.key', foreign.key)
  await server.runtime.reload()
  assert.equal((await before.ask('a.example', 'A')).answer.length, 1)
  await assert.rejects(askTls(server.port, 'a.example', 'A'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  assert.equal((await askTls(server.port, 'a.example', 'A', { ca: otherCa })).answer.length, 1)
})

test('a certificate that cannot be used leaves the old configuration in force', async t => {
  const server = await boot(t, block(''))
  server.writeFile('server.key', foreign.key)
  await assert.rejects(server.runtime.reload(), /the key in .*server\.key is not that of .*server\.crt/)
  assert.equal((await askTls(server.port, 'a.example', 'A')).answer.length, 1)
})

test('a session is resumed until the certificate is replaced', async t => {
  const server = await boot(t, block(''))
  const session = await sessionOf(server)
  assert.equal(await isResumed(server, session), true)
  await server.runtime.reload()
  assert.equal(await isResumed(server, session), false)
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`who resumes a session of ${version} is who began it`, async t => {
    const server = await boot(
      t,
      block('\nmultisocket 2').replace('ca.crt\n', 'ca.crt {\nclient_auth require_and_verify\n}\n'),
    )
    const options: ConnectionOptions = { ...other, maxVersion: version }
    const session = await sessionOf(server, server.port, options)
    for (let i = 0; i < 6; i++)
      assert.equal(await isResumed(server, session, server.port, { maxVersion: version }), true)
    await assert.rejects(askTls(server.port, 'a.example', 'A', { maxVersion: version }))
  })
}

describe('with threads', () => {
  test('all serve TLS on one port, and resume sessions that another one began', async t => {
    const server = await boot(t, block('\nmultisocket 3', '.:0 tls://.:0'))
    const { port } = server.listening.find(({ group }) => group.scheme === 'tls')!
    assert.equal(server.listening.length, 6)
    await Promise.all(Array.from({ length: 24 }, () => askTls(port, 'a.example', 'A')))
    assert.equal(total(await server.metricsOfAllThreads(), /coredns_dns_requests_total{server="tls:.*}/), 24)
    const session = await sessionOf(server, port)
    for (let i = 0; i < 12; i++) assert.equal(await isResumed(server, session, port), true, `client ${i}`)
  })

  test('a reload hands the address from one thread to several and back', async t => {
    const server = await boot(t, block(''))
    const open = await connectTls(server.port)
    t.after(() => open.close())
    for (const lines of ['\nmultisocket 2', '\nmultisocket 3', '']) {
      server.writeCorefile(block(lines))
      await server.runtime.reload()
      const replies = await Promise.all(Array.from({ length: 12 }, () => askTls(server.port, 'a.example', 'A')))
      assert.ok(replies.every(({ answer }) => answer.length === 1))
    }
  })

  test('a thread that takes the place of one that died has the certificate', async t => {
    const server = await boot(t, block('\nmultisocket 2'))
    await server.runtime.threads[0]!.terminate()
    await until(() => server.runtime.threads.length === 2)
    await until(() => server.runtime.allServe)
    const replies = await Promise.all(Array.from({ length: 12 }, () => askTls(server.port, 'a.example', 'A')))
    assert.ok(replies.every(({ answer }) => answer.length === 1))
  })
})

async function sessionOf(
  server: TestServer,
  port: number = server.port,
  options: ConnectionOptions = {},
): Promise<Buffer> {
  const client = await connectTls(port, options)
  await client.ask('a.example', 'A')
  await until(() => client.sessions.length > 0)
  await client.close()
  return client.sessions.at(-1)!
}

async function isResumed(
  server: TestServer,
  session: Buffer,
  port: number = server.port,
  options: ConnectionOptions = {},
): Promise<boolean> {
  const client = await connectTls(port, { ...options, session })
  await client.ask('a.example', 'A')
  const resumed = client.tls.isSessionReused()
  await client.close()
  return resumed
}
