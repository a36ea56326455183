import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { service, slice } from '#test/support/api-server/cluster.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import { ask } from '#test/support/client.ts'
import { freePort } from '#test/support/free-port.ts'
import { addStable, bootLive, nameOf, SPACE } from '#test/support/live-cluster.ts'
import { Load } from '#test/support/load.ts'
import { openFiles } from '#test/support/open-files.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'
import { addressText } from '#wire/build.ts'
import { formatRecord } from '#wire/text.ts'

/** Clients, each with a port of its own: the system spreads them over the sockets. */
const CLIENTS = 24

for (const count of [2, 4]) {
  test(`${count} threads answer over UDP and TCP, on one port, and their counts add up`, async t => {
    const server = await bootServer(`. {\nmultisocket ${count}\nprometheus 127.0.0.1:0\nwhoami\n}`)
    t.after(() => server.close())
    assert.equal(server.runtime.threads.length, count)
    assert.deepEqual(
      server.listening.map(({ port }) => port),
      Array.from({ length: count }, () => server.port),
    )
    for (const tcp of [false, true]) {
      const replies = await Promise.all(Array.from({ length: CLIENTS }, () => server.ask('a.example', 'A', { tcp })))
      for (const { rcode, additional } of replies) {
        assert.equal(rcode, 0)
        assert.equal(addressText(additional[0]!), '127.0.0.1')
      }
    }
    const page = await server.metricsOfAllThreads()
    const total = (transport: string) => sum(page, 'coredns_dns_requests_total', `proto="${transport}"`)
    assert.deepEqual([total('udp'), total('tcp')], [CLIENTS, CLIENTS])
    assert.equal(sum(page, 'coredns_dns_request_duration_seconds_count', ''), 2 * CLIENTS)
    const busy = await Promise.all(server.runtime.threads.map(thread => thread.readMetrics(5000)))
    const served = busy.filter(families => families.some(({ name }) => name === 'coredns_dns_requests_total'))
    assert.ok(served.length > 1, 'more than one thread has answered')
  })
}

test('one socket needs no thread', async t => {
  const server = await bootServer('. {\nmultisocket 1\nwhoami\n}')
  t.after(() => server.close())
  assert.equal(server.runtime.threads.length, 0)
  assert.equal(server.listening.length, 1)
})

test('an address without multisocket is served by one thread', async t => {
  const server = await bootServer('. {\nbind 127.0.0.1\nmultisocket 3\nwhoami\n}\nother. {\nbind 127.0.0.2\nwhoami\n}')
  t.after(() => server.close())
  assert.equal(server.listening.length, 4)
  const { port } = server.listening[3]!
  const replies = await Promise.all(
    Array.from({ length: 8 }, () => ask(port, 'a.other', 'A', { address: '127.0.0.2' })),
  )
  assert.deepEqual(new Set(replies.map(({ rcode }) => rcode)), new Set([0]))
})

test('all threads answer as one thread does', async t => {
  const files = { 'cluster.yaml': manifests('10.96.0.7'), hosts: '192.0.2.1 a.example\n' }
  const blocks = (first: string) =>
    `. {\n${first}\nerrors\nkubernetes cluster.local in-addr.arpa {\nmanifests cluster.yaml\n}\n` +
    'hosts hosts {\nfallthrough\n}\ncache 30\nloadbalance\nany\n}\nexample.net {\nchaos one two\nlocal\nwhoami\n}'
  const threads = await bootServer(blocks('multisocket 3'), { files })
  t.after(() => threads.close())
  const single = await bootServer(blocks(''), { files })
  t.after(() => single.close())
  const names = ['web.default.svc.cluster.local', 'WEB.Default.svc.cluster.local', 'a.example', 'b.example']
  names.push('nothing.default.svc.cluster.local', '7.0.96.10.in-addr.arpa', 'x.example.net', 'cluster.local', '.')
  const types = ['A', 'AAAA', 'SRV', 'PTR', 'SOA', 'ANY', 'TXT']
  let compared = 0
  for (const name of names) {
    for (const type of types) {
      for (const how of [{}, { tcp: true }, { edns: false, flags: 0 }, { dnssecOk: true }]) {
        const [left, right] = await Promise.all([threads, single].map(server => shown(server, name, type, how)))
        assert.deepEqual(left, right, `${name} ${type}`)
        compared++
      }
    }
  }
  assert.ok(compared >= 200)
})

test('a change of the cluster reaches all threads, and a thread that starts later', async t => {
  const corefile = '. {\nmultisocket 4\nkubernetes cluster.local {\nmanifests cluster.yaml\n}\n}'
  const server = await bootServer(corefile, { files: { 'cluster.yaml': manifests('10.96.0.7') } })
  t.after(() => server.close())
  await allAnswer(server, '10.96.0.7')
  server.writeFile('cluster.yaml', manifests('10.96.0.8'))
  await until(async () => (await addresses(server)).every(address => address === '10.96.0.8'))
  await server.runtime.threads[1]!.terminate()
  await until(() => server.runtime.threads.length === 4)
  await until(() => server.runtime.allServe)
  await allAnswer(server, '10.96.0.8')
})

test('a live cluster is watched once, for all threads', async t => {
  const api = await startApiServer()
  t.after(() => api.close())
  addStable(api)
  const server = await bootLive(t, api.url, { directives: 'multisocket 3' })
  const name = nameOf('new')
  for (const address of ['10.96.1.1', '10.96.1.2']) {
    api.apply(service(SPACE, 'new', address))
    await until(async () => (await addresses(server, name)).every(answer => answer === address))
  }
  assert.equal(api.watchCount('services'), 1)
})

test('the topology zones of a live cluster are known to all threads, and to one that starts later', async t => {
  const api = await startApiServer()
  t.after(() => api.close())
  addStable(api)
  api.apply(service(SPACE, 'db', 'None'))
  const server = await bootLive(t, api.url, { directives: 'multisocket 3', lines: 'zonal' })
  const name = `z1.pin._zone.${nameOf('db')}`
  for (const address of ['10.78.0.1', '10.78.0.2']) {
    api.apply({ ...slice(SPACE, 'db-1', 'db', []), endpoints: [{ addresses: [address], zone: 'Z1' }] })
    await until(async () => (await addresses(server, name)).every(answer => answer === address))
  }
  await server.runtime.threads[1]!.terminate()
  await until(() => server.runtime.threads.length === 3)
  await until(() => server.runtime.allServe)
  await until(async () => (await addresses(server, name)).every(answer => answer === '10.78.0.2'))
})

test('a hosts file is read once, for all threads', async t => {
  const corefile = '. {\nmultisocket 3\nhosts hosts {\nreload 1s\n}\n}'
  const server = await bootServer(corefile, { files: { hosts: '192.0.2.1 a.example\nnonsense line\n' } })
  t.after(() => server.close())
  assert.deepEqual(new Set(await addresses(server, 'a.example')), new Set(['192.0.2.1']))
  server.writeFile('hosts', '192.0.2.22 a.example\nmore nonsense\n')
  await until(async () => (await addresses(server, 'a.example')).every(address => address === '192.0.2.22'))
  assert.deepEqual(
    server.lines.map(line => line.replace(/.*: skipped/, 'skipped')),
    ["skipped, 'nonsense' is not an IP address", "skipped, 'more' is not an IP address"],
  )
})

test('a thread that dies is replaced and counted, and what it had counted remains', async t => {
  const server = await bootServer('. {\nmultisocket 2\nprometheus 127.0.0.1:0\nwhoami\n}')
  t.after(() => server.close())
  await asked(server, CLIENTS)
  const before = sum(await server.metricsOfAllThreads(), 'coredns_dns_requests_total', '')
  const descriptors = openFiles()
  for (let i = 0; i < 3; i++) {
    await server.runtime.threads[i % 2]!.terminate()
    await until(() => server.runtime.allServe)
    await asked(server, CLIENTS)
  }
  const page = await server.metricsOfAllThreads()
  assert.equal(sum(page, 'nodens_thread_restarts_total', ''), 3)
  assert.ok(sum(page, 'coredns_dns_requests_total', '') >= before)
  assert.ok(openFiles() <= descriptors + 2, `descriptors: ${descriptors} -> ${openFiles()}`)
  assert.equal(server.lines.filter(line => line.includes('A serving thread ended')).length, 3)
})

test('a thread that dies under load costs what waited in its sockets, nothing after', async t => {
  const server = await bootServer(answering('10.0.0.1', 2))
  t.after(() => server.close())
  const loads = Array.from({ length: 8 }, () => new Load(server.port, 'a.example', 'A', 100))
  await new Promise(resolve => setTimeout(resolve, 200))
  await server.runtime.threads[0]!.terminate()
  await until(() => server.runtime.allServe)
  await new Promise(resolve => setTimeout(resolve, 300))
  const results = await Promise.all(loads.map(load => load.stop()))
  const lost = results.reduce((sum, { sent, answered }) => sum + sent - answered, 0)
  const sent = results.reduce((sum, result) => sum + result.sent, 0)
  t.diagnostic(`${lost} of ${sent} queries lost`)
  assert.ok(lost < sent / 4, `${lost} of ${sent} lost`)
  const after = Array.from({ length: 8 }, () => new Load(server.port, 'a.example', 'A', 100))
  await new Promise(resolve => setTimeout(resolve, 200))
  await assertNothingLost(after)
})

test('a loop is found whichever threads its queries pass through', async t => {
  const server = await bootServer('. {\nmultisocket 3\nloop\nwhoami\n}')
  t.after(() => server.close())
  server.writeCorefile(`. {\nmultisocket 3\nloop\nforward . 127.0.0.1:${server.port}\n}`)
  await server.runtime.reload()
  await until(() => server.fatal.length > 0)
  assert.match(server.fatal[0]!, /^plugin\/loop: Loop \(127\.0\.0\.1:\d+ -> :\d+\) detected for zone "\."/)
})

test('the server is ready once all threads serve, and not before', async t => {
  const port = await freePort()
  const booting = bootServer(`. {\nmultisocket 2\nready 127.0.0.1:${port}\nwhoami\n}`)
  const answers: string[] = []
  await until(async () => {
    const response = await fetch(`http://127.0.0.1:${port}/ready`, { headers: { connection: 'close' } }).catch(
      () => null,
    )
    if (response !== null) answers.push(`${response.status} ${await response.text()}`)
    return answers.at(-1) === '200 OK'
  })
  const server = await booting
  t.after(() => server.close())
  assert.ok(server.runtime.allServe)
  assert.deepEqual(new Set(answers.slice(0, -1)), new Set(answers.length > 1 ? ['503 multisocket'] : []))
})

describe('reload with threads', () => {
  test('good and bad by turns under load: no query is lost, a bad file changes nothing', async t => {
    const server = await bootServer(answering('10.0.0.0', 2))
    t.after(() => server.close())
    const loads = Array.from({ length: 6 }, () => new Load(server.port, 'a.example', 'A', 150))
    let inForce = '10.0.0.0'
    for (let i = 1; i <= 12; i++) {
      const text = answering(`10.0.0.${i}`, 2)
      const isBad = i % 3 === 0
      server.writeCorefile(isBad ? text.replace('fallthrough', i % 2 === 0 ? '{' : 'fallthroo') : text)
      if (isBad) await assert.rejects(server.runtime.reload())
      else {
        await server.runtime.reload()
        inForce = `10.0.0.${i}`
      }
      assert.deepEqual(new Set(await addresses(server, 'a.example')), new Set([inForce]))
    }
    await assertNothingLost(loads)
  })

  test('an address that one thread cannot have leaves the old configuration serving in all', async t => {
    const server = await bootServer(answering('10.0.0.1', 2))
    t.after(() => server.close())
    server.writeCorefile(`${answering('10.0.0.2', 3)}\nother.example:1 {\n bind 192.0.2.1\n whoami\n}\n`)
    await assert.rejects(server.runtime.reload(), /ListenPacket: listen udp 192\.0\.2\.1:1: bind: /)
    assert.equal(server.runtime.threads.length, 2)
    assert.deepEqual(new Set(await addresses(server, 'a.example')), new Set(['10.0.0.1']))
  })

  test('threads come and go under load, and no query is lost', async t => {
    const server = await bootServer(answering('10.0.0.0', 1))
    t.after(() => server.close())
    const loads = Array.from({ length: 6 }, () => new Load(server.port, 'a.example', 'A', 150))
    for (const [i, count] of [3, 2, 4, 1, 2, 1].entries()) {
      server.writeCorefile(answering(`10.0.1.${i}`, count))
      await server.runtime.reload()
      assert.equal(server.runtime.threads.length, count === 1 ? 0 : count)
      assert.deepEqual(new Set(await addresses(server, 'a.example')), new Set([`10.0.1.${i}`]))
    }
    await assertNothingLost(loads)
  })
})

test('the end of the server leaves no thread and no descriptor', async () => {
  // What is opened once for a process is opened now.
  assert.equal(await (await bootServer('. {\nmultisocket 2\nwhoami\n}')).close(), 0)
  const before = { descriptors: openFiles(), threads: threadNames() }
  for (let i = 0; i < 3; i++) {
    const server = await bootServer('. {\nmultisocket 3\nwhoami\n}')
    await asked(server, CLIENTS)
    assert.equal(await server.close(), 0)
    await assert.rejects(server.ask('a.example', 'A', { timeoutMs: 100 }))
  }
  assert.ok(openFiles() <= before.descriptors, `descriptors: ${before.descriptors} -> ${openFiles()}`)
  assert.deepEqual(threadNames(), before.threads)
})

/** A configuration that answers `a.example` with one address. */
function answering(address: string, socketCount: number): string {
  return `. {
    multisocket ${socketCount}
    errors
    health 127.0.0.1:0
    prometheus 127.0.0.1:0
    cache 30
    hosts none {
        ${address} a.example
        fallthrough
    }
}
`
}

function manifests(address: string): string {
  return `apiVersion: v1
kind: Namespace
metadata: { name: default }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { clusterIP: ${address}, ports: [{ name: http, port: 80, protocol: TCP }] }
`
}

async function asked(server: TestServer, times: number): Promise<void> {
  await Promise.all(Array.from({ length: times }, () => server.ask('a.example', 'A')))
}

/** What clients from many ports are answered. */
async function addresses(server: TestServer, name = 'web.default.svc.cluster.local'): Promise<(string | null)[]> {
  const replies = await Promise.all(Array.from({ length: CLIENTS }, () => server.ask(name, 'A')))
  return replies.map(({ answer }) => (answer[0] === undefined ? null : addressText(answer[0])))
}

async function allAnswer(server: TestServer, address: string): Promise<void> {
  assert.deepEqual(new Set(await addresses(server)), new Set([address]))
}

/** A reply in words: IDs, times to live and letter case aside, records of a section in an order of their own. */
async function shown(server: TestServer, name: string, type: string, how: object): Promise<unknown> {
  const { id: _id, answer, authority, additional, ...rest } = await server.ask(name, type, how)
  const words = (records: typeof answer) =>
    records
      .map(record =>
        formatRecord(record.withTtl(0))
          .toLowerCase()
          .replace(/soa(.*?) \d{10} /, 'soa$1 '),
      )
      .sort()
  const ports = (texts: string[]) => texts.map(text => text.replace(/srv\s+0 0 \d+/, 'srv 0 0 port'))
  return { ...rest, answer: words(answer), authority: words(authority), additional: ports(words(additional)) }
}

async function assertNothingLost(loads: readonly Load[]): Promise<void> {
  for (const { sent, answered, rcodes } of await Promise.all(loads.map(load => load.stop()))) {
    assert.equal(answered, sent, 'every query is answered')
    assert.deepEqual([...rcodes.keys()], [0], 'and answered NOERROR')
  }
}

/** The sum of all samples of a metric whose labels contain a text. */
function sum(page: string, name: string, labels: string): number {
  const samples = page.split('\n').filter(line => /^[^#]/.test(line) && line.replace(/[{ ].*/, '') === name)
  return samples
    .filter(line => line.includes(labels))
    .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0)
}

/** Serving threads of this process, by the names that the system shows. */
function threadNames(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0
}
