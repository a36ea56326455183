import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery, reply } from '#plugin/reply.ts'
import { forward } from '#plugins/forward/index.ts'
import type { FakeExchange, FakeUpstream, FakeUpstreamOptions } from '#test/support/fake-upstream.ts'
import { startFakeUpstream } from '#test/support/fake-upstream.ts'
import type { PluginUnderTest, QueryParts } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery, rr, showReply } from '#test/support/plugin.ts'
import { until } from '#test/support/until.ts'
import { Class, Flag, OptionCode, Rcode } from '#wire/constants.ts'
import { formatName, name } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

test('the reply passes through with its flags, response code and sections', async t => {
  const up = await upstream(t, exchange =>
    exchange.reply({
      flags: Flag.QR | Flag.AA | Flag.RA | Flag.AD,
      rcode: Rcode.NXDOMAIN,
      answer: [rr('www.test. 30 IN A 192.0.2.1')],
      authority: [rr('test. 60 IN NS ns.test.')],
      additional: [rr('ns.test. 90 IN A 192.0.2.2')],
    }),
  )
  const bed = await build(t, `forward . ${up.address}`)
  assert.equal(
    showReply(await bed.ask()),
    [
      'NXDOMAIN aa ra ad',
      'answer www.test. 30 IN A 192.0.2.1',
      'authority test. 60 IN NS ns.test.',
      'additional ns.test. 90 IN A 192.0.2.2',
    ].join('\n'),
  )
})

test('records off the chain and absurd times to live do not pass, nor options but extended errors', async t => {
  const odd = rr('www.test. 30 IN A 192.0.2.1')
  const up = await upstream(t, exchange =>
    exchange.reply({
      answer: [odd.withTtl(0x8000_0000), rr('bank.test. 30 IN A 192.0.2.66')],
      edns: {
        version: 0,
        udpSizeOctets: 1232,
        dnssecOk: false,
        options: [
          { code: OptionCode.COOKIE, data: new Uint8Array(16) },
          { code: OptionCode.EDE, data: new Uint8Array([0, 22]) },
        ],
      },
    }),
  )
  const bed = await build(t, `forward . ${up.address}`)
  const answered = await bed.ask()
  assert.equal(showReply(answered), 'NOERROR ra\nanswer www.test. 0 IN A 192.0.2.1')
  assert.deepEqual(
    answered.options.map(option => option.code),
    [OptionCode.EDE],
  )
  assert.match(bed.plugin.metrics.expose(), /^nodens_forward_stripped_records_total 1$/m)
})

const transportCases: [options: string, clientTcp: boolean, upstreamTcp: boolean][] = [
  ['', false, false],
  ['', true, true],
  ['force_tcp', false, true],
  ['prefer_udp', true, false],
  ['force_tcp\nprefer_udp', false, true],
]
for (const [options, clientTcp, upstreamTcp] of transportCases) {
  test(`a ${clientTcp ? 'TCP' : 'UDP'} query with '${options.replace('\n', ' ')}' goes over ${upstreamTcp ? 'TCP' : 'UDP'}`, async t => {
    const up = await upstream(t, exchange => exchange.reply())
    const bed = await build(t, `forward . ${up.address} {\n${options}\n}`)
    await bed.ask('www.test', { tcp: clientTcp })
    assert.deepEqual(transports(up), [upstreamTcp ? 'tcp' : 'udp'])
  })
}

test('a truncated reply goes to the client, or is asked for again with prefer_udp', async t => {
  const up = await upstream(t, exchange =>
    exchange.reply({ flags: Flag.QR | (exchange.transport === 'udp' ? Flag.TC : 0) }),
  )
  assert.equal(showReply(await (await build(t, `forward . ${up.address}`)).ask()), 'NOERROR tc')
  assert.equal(showReply(await (await build(t, `forward . ${up.address} {\nprefer_udp\n}`)).ask()), 'NOERROR')
})

test('what is not under FROM, or is excepted, goes on; FROM itself is never excepted', async t => {
  const up = await upstream(t, exchange => exchange.reply())
  const bed = await build(t, `forward example.org ${up.address} {\nexcept lan.example.org\nexcept example.org\n}`)
  for (const outside of ['example.net', 'lan.example.org', 'a.LAN.example.org', 'www.example.org'])
    await bed.ask(outside)
  await bed.ask('EXAMPLE.org')
  assert.equal(bed.plugin.nextQueries.length, 4)
  assert.equal(up.exchanges.length, 1)
})

test('classes other than IN are passed on', async t => {
  const up = await upstream(t, exchange => exchange.reply())
  const bed = await build(t, `forward . ${up.address}`)
  await bed.ask('version.bind', { class: Class.CH })
  assert.equal(up.exchanges[0]!.message.questions[0]!.class, Class.CH)
})

test('an upstream whose port is closed, or that is silent, is followed by the next', async t => {
  const closed = await upstream(t, () => {}, { udp: false, tcp: false })
  const silent = await upstream(t, () => {})
  const good = await upstream(t, exchange => exchange.reply({ rcode: Rcode.NXDOMAIN }))
  const options = '{\npolicy sequential\nread_timeout 50ms\n}'
  const bed = await build(t, `forward . ${closed.address} ${silent.address} ${good.address} ${options}`)
  assert.equal(showReply(await bed.ask()), 'NXDOMAIN ra')
  assert.equal(showReply(await bed.ask('www.test', { tcp: true })), 'NXDOMAIN ra')
  assert.deepEqual(transports(good), ['udp', 'tcp'])
})

test('without an answer each upstream is asked twice, or as often as max_connect_attempts says', async t => {
  const up = await upstream(t, () => {})
  const twice = await build(t, `forward . ${up.address} {\nread_timeout 20ms\nmax_fails 0\n}`)
  const failed = await twice.ask()
  assert.equal(showReply(failed), 'SERVFAIL bare')
  assert.match(failed.error!.message, /^read udp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: i\/o timeout$/)
  assert.equal(up.exchanges.length, 2)
  const once = await build(t, `forward . ${up.address} {\nread_timeout 20ms\nmax_fails 0\nmax_connect_attempts 1\n}`)
  await once.ask()
  assert.equal(up.exchanges.length, 3)
})

test('the deadline of the query ends the attempts', async t => {
  const up = await upstream(t, () => {})
  const bed = await build(t, `forward . ${up.address} {\nread_timeout 60s\nmax_connect_attempts 1\n}`)
  const query = makeQuery('www.test', 'A')
  query.deadlineMs = bed.plugin.clock.nowMs() + 30
  const answered = await bed.plugin.handler(query)
  assert.match(answered.error!.message, /i\/o timeout$/)
  query.deadlineMs = bed.plugin.clock.nowMs()
  assert.equal((await bed.plugin.handler(query)).error!.message, 'no healthy proxies')
})

test('failover asks each upstream once and gives the last reply when none is better', async t => {
  const broken = await upstream(t, exchange => exchange.reply({ rcode: Rcode.SERVFAIL }))
  const refusing = await upstream(t, exchange => exchange.reply({ rcode: Rcode.REFUSED }))
  const good = await upstream(t, exchange => exchange.reply())
  const options = '{\npolicy sequential\nfailover SERVFAIL refused\n}'
  const bed = await build(t, `forward . ${broken.address} ${refusing.address} ${options}`)
  assert.equal(showReply(await bed.ask()), 'REFUSED ra')
  const better = await build(t, `forward . ${broken.address} ${good.address} ${options}`)
  assert.equal(showReply(await better.ask()), 'NOERROR ra')
  assert.equal(broken.exchanges.length, 2)
})

test('next and next_on_nodata hand the query to the next line, and mean nothing on the last', async t => {
  const first = await upstream(t, exchange => {
    const asked = formatName(exchange.message.questions[0]!.name)
    exchange.reply(asked === 'gone.test.' ? { rcode: Rcode.NXDOMAIN } : {})
  })
  const second = await upstream(t, exchange => exchange.reply({ rcode: Rcode.YXDOMAIN }))
  const line = `forward . ${first.address} {\nnext NXDOMAIN\n}\nforward . ${second.address} {\nnext YXDOMAIN\n}`
  const bed = await build(t, line)
  assert.equal(showReply(await bed.ask('gone.test')), 'YXDOMAIN ra')
  assert.equal(showReply(await bed.ask('empty.test')), 'NOERROR ra')
  const nodata = await build(t, `forward . ${first.address} {\nnext_on_nodata\n}\nforward . ${second.address}`)
  assert.equal(showReply(await nodata.ask('empty.test')), 'YXDOMAIN ra')
  assert.equal(showReply(await nodata.ask('gone.test')), 'NXDOMAIN ra')
})

test('lines are tried in the order of the file', async t => {
  const inner = await upstream(t, exchange => exchange.reply())
  const outer = await upstream(t, exchange => exchange.reply())
  const bed = await build(t, `forward corp.test ${inner.address}\nforward . ${outer.address}`)
  await bed.ask('www.corp.test')
  await bed.ask('www.test')
  assert.deepEqual([inner.exchanges.length, outer.exchanges.length], [1, 1])
})

test('identical queries share one exchange and each gets its own letter case', async t => {
  const held: FakeExchange[] = []
  const up = await upstream(t, exchange => void held.push(exchange))
  const bed = await build(t, `forward . ${up.address}`)
  const spellings = ['www.test', 'WWW.test', 'wWw.TeSt']
  const ecs = (i: number) => [{ code: OptionCode.CLIENT_SUBNET, data: new Uint8Array([0, 1, 24, 0, 192, 0, i]) }]
  const asked = Array.from({ length: 50 }, (_, i) => bed.ask(spellings[i % 3]!, { id: i, options: ecs(i) }))
  const other = bed.ask('www.test', { dnssecOk: true })
  await up.received(2)
  for (const exchange of held) {
    const { name: owner } = exchange.message.questions[0]!
    exchange.reply({ answer: [rr('x.test. 30 IN A 192.0.2.1').withOwner(owner)] })
  }
  const replies = await Promise.all(asked)
  await other
  assert.equal(up.exchanges.length, 2)
  const owners = replies.map(each => formatName(each.answer[0]!.owner))
  assert.deepEqual(
    owners,
    asked.map((_, i) => `${spellings[i % 3]}.`),
  )
  assert.match(bed.plugin.metrics.expose(), /^nodens_forward_coalesced_queries_total 49$/m)
  await Promise.all([bed.ask(), up.received(3).then(() => held[2]!.reply())])
})

test('more queries than max_concurrent are refused', async t => {
  const held: FakeExchange[] = []
  const up = await upstream(t, exchange => void held.push(exchange))
  const bed = await build(t, `forward . ${up.address} {\nmax_concurrent 2\n}`)
  const asked = [bed.ask('a.test'), bed.ask('b.test')]
  const refused = await bed.ask('c.test')
  assert.equal(showReply(refused), 'REFUSED bare')
  assert.equal(refused.error!.message, 'concurrent queries exceeded maximum 2')
  assert.match(bed.plugin.metrics.expose(), /^coredns_forward_max_concurrent_rejects_total 1$/m)
  await up.received(2)
  for (const exchange of held) exchange.reply()
  await Promise.all(asked)
  const after = bed.ask('c.test')
  await up.received(3)
  held[2]!.reply()
  assert.equal(showReply(await after), 'NOERROR ra')
})

for (const options of ['', 'max_concurrent 0']) {
  test(`more than 10000 queries, for the same name too, are refused ${options === '' ? 'without max_concurrent' : 'with max_concurrent 0'}`, async t => {
    const up = await upstream(t, () => {})
    const bed = await build(t, `forward . ${up.address} {\nread_timeout 300ms\n${options}\n}`)
    const asked = Array.from({ length: 10_000 }, () => bed.ask())
    assert.equal((await bed.ask()).error!.message, 'concurrent queries exceeded maximum 10000')
    await bed.plugin.instance.hooks.runAll('shutdown')
    assert.match((await asked[9999]!).error!.message, /timeout/)
  })
}

test('upstreams that are down get no queries; when all are, one is tried all the same, or none with failfast', async t => {
  const gone = await upstream(t, () => {}, { udp: false, tcp: false })
  const options = 'max_fails 1\nhealth_check 10ms'
  const bed = await build(t, `forward . ${gone.address} {\n${options}\n}`)
  const failing = await build(t, `forward . ${gone.address} {\n${options}\nfailfast_all_unhealthy_upstreams\n}`)
  for (const each of [bed, failing]) {
    await each.ask()
    await until(() => count(each, 'coredns_proxy_healthcheck_failures_total') >= 2)
  }
  assert.match((await bed.ask()).error!.message, /connection refused/)
  assert.equal((await failing.ask()).error!.message, 'no healthy proxies')
  assert.equal(count(bed, 'coredns_forward_healthcheck_broken_total'), 1)
  const back = await startFakeUpstream(exchange => exchange.reply(), { port: gone.port })
  t.after(() => back.close())
  await until(() => back.exchanges.length > 1)
  assert.equal(showReply(await bed.ask()), 'NOERROR ra')
})

test('a file of nameserver lines is read at startup', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'resolv.conf')
  const options = '{\npolicy sequential\nread_timeout 10ms\nmax_connect_attempts 1\nmax_fails 0\n}'
  await assert.rejects(
    build(t, `forward . ${path}`),
    /^Error: plugin\/forward: Corefile:2 - .*not an IP address or file/,
  )
  writeFileSync(path, 'search example.org\n')
  await assert.rejects(
    build(t, `forward . ${path}`),
    /^Error: plugin\/forward: Corefile:2 - Error during parsing: no valid upstream addresses found$/,
  )
  writeFileSync(path, '# here\nsearch x\nnameserver 127.0.0.1\nnameserver  127.0.0.1\nnameserver ::1 \nnameserver x\n')
  const bed = await build(t, `forward . ${path} ${options}`)
  const exposed = bed.plugin.metrics.expose()
  assert.match(exposed, /to="127\.0\.0\.1:53"/)
  assert.match(exposed, /to="\[::1\]:53"/)
})

test('a host name is looked up at startup with the resolver', async t => {
  const good = await upstream(t, exchange => exchange.reply({ rcode: Rcode.NXDOMAIN }))
  const resolver = await upstream(t, exchange => {
    const question = exchange.message.questions[0]!
    const known = formatName(question.name) === 'dns.example.' && question.type === 1
    exchange.reply(known ? { answer: [rr('dns.example. 30 IN A 127.0.0.1')] } : { rcode: Rcode.NXDOMAIN, edns: null })
  })
  const bed = await build(t, `forward . dns.example:${good.port} {\nresolver ${resolver.address}\n}`)
  assert.equal(showReply(await bed.ask()), 'NXDOMAIN ra')
  await assert.rejects(
    build(t, `forward . other.example {\nresolver ${resolver.address}\n}`),
    /failed to resolve "other\.example": /,
  )
})

test("exchanges are counted with CoreDNS's names", async t => {
  const up = await upstream(t, exchange => exchange.reply({ rcode: Rcode.NXDOMAIN }))
  const bed = await build(t, `forward . ${up.address}`)
  await bed.ask('www.test')
  await bed.ask('www.test', { tcp: true })
  await bed.ask('www.test', { tcp: true })
  const exposed = bed.plugin.metrics.expose()
  const labels = `proxy_name="forward",to="${up.address}"`
  for (const line of [
    `coredns_proxy_request_duration_seconds_count{${labels},rcode="NXDOMAIN"} 3`,
    `coredns_proxy_request_duration_seconds_bucket{${labels},rcode="NXDOMAIN",le="8.192"} 3`,
    `coredns_proxy_conn_cache_misses_total{${labels},proto="udp"} 1`,
    `coredns_proxy_conn_cache_misses_total{${labels},proto="tcp"} 1`,
    `coredns_proxy_conn_cache_hits_total{${labels},proto="tcp"} 1`,
    `coredns_proxy_healthcheck_failures_total{${labels}} 0`,
    'coredns_forward_healthcheck_broken_total 0',
    'coredns_forward_max_concurrent_rejects_total 0',
  ]) {
    assert.equal(exposed.split('\n').includes(line), true, line)
  }
})

test('a shutdown lets queries under way finish, then gives everything back', async t => {
  const held: FakeExchange[] = []
  const up = await upstream(t, exchange => void held.push(exchange))
  const bed = await build(t, `forward . ${up.address}`)
  const asked = [bed.ask(), bed.ask('www.test', { tcp: true })]
  await up.received(2)
  const closed = bed.plugin.instance.hooks.runAll('shutdown')
  for (const exchange of held) exchange.reply()
  assert.deepEqual((await Promise.all(asked)).map(showReply), ['NOERROR ra', 'NOERROR ra'])
  assert.deepEqual(await closed, [])
  await until(() => up.openConnections === 0)
})

test('a FROM that stands for several zones is cut to the first', async t => {
  const up = await upstream(t, exchange => exchange.reply())
  const bed = await build(t, `forward 10.0.0.0/15 ${up.address}`)
  await bed.ask('1.0.0.10.in-addr.arpa')
  await bed.ask('1.0.1.10.in-addr.arpa')
  assert.deepEqual([up.exchanges.length, bed.plugin.nextQueries.length], [1, 1])
})

const oneLoopback = process.platform === 'linux' ? false : 'only Linux has all of 127.0.0.0/8 without setup'
test('source_address is where queries come from', { skip: oneLoopback }, async t => {
  const up = await upstream(t, exchange => exchange.reply())
  const bed = await build(t, `forward . ${up.address} {\nsource_address 127.0.0.2\n}`)
  await bed.ask()
  await bed.ask('www.test', { tcp: true })
  assert.deepEqual(
    up.exchanges.map(exchange => exchange.clientAddress),
    ['127.0.0.2', '127.0.0.2'],
  )
  const mismatched = await build(t, `forward . ${up.address} {\nsource_address ::1\nmax_fails 0\n}`)
  assert.equal(showReply(await mismatched.ask()), 'SERVFAIL bare')
  assert.equal(showReply(await mismatched.ask('www.test', { tcp: true })), 'SERVFAIL bare')
})

test('sockets and timers stay flat over many queries', async t => {
  const up = await upstream(t, exchange => exchange.reply())
  const bed = await build(t, `forward . ${up.address}`)
  await bed.ask()
  const before = process.getActiveResourcesInfo().length
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 10 }, (_, j) => bed.ask(`h${i}-${j}.test`)))
  await until(() => process.getActiveResourcesInfo().length <= before)
})

test('an answer of a type that is not known passes octet for octet', async t => {
  const odd = new ResourceRecord(name('www.test'), 65_280, Class.IN, 30, new Uint8Array([0, 255, 1, 254]))
  const up = await upstream(t, exchange => exchange.reply({ answer: [odd] }))
  const bed = await build(t, `forward . ${up.address}`)
  const answered = await bed.ask('www.test')
  assert.deepEqual([...answered.answer[0]!.rdata], [0, 255, 1, 254])
})

interface Bed {
  readonly plugin: PluginUnderTest
  ask(text?: string, parts?: QueryParts): Promise<Reply>
}

async function build(t: TestContext, text: string): Promise<Bed> {
  const next = (_query: Query) => reply('next', { rcode: Rcode.NXRRSET })
  const plugin = buildPlugin(forward, text, { next })
  t.after(() => plugin.instance.hooks.runAll('shutdown'))
  await plugin.instance.hooks.run('startup')
  const ask = async (asked = 'www.test', parts: QueryParts = {}) => {
    const answered = await plugin.handler(makeQuery(asked, 'A', parts))
    assert.notEqual(answered.delivery, Delivery.DROPPED)
    return answered
  }
  return { plugin, ask }
}

async function upstream(
  t: TestContext,
  script: (exchange: FakeExchange) => void,
  options: FakeUpstreamOptions = {},
): Promise<FakeUpstream> {
  const fake = await startFakeUpstream(script, options)
  t.after(() => fake.close())
  return fake
}

function transports(fake: FakeUpstream): string[] {
  return fake.exchanges.map(exchange => exchange.transport)
}

/** The sum of a metric's series. */
function count(bed: Bed, metric: string): number {
  const lines = bed.plugin.metrics.expose().split('\n')
  const values = lines.filter(line => line.startsWith(metric)).map(line => Number(line.split(' ').at(-1)))
  return values.reduce((sum, value) => sum + value, 0)
}
