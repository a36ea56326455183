import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { DROPPED, failure, reply } from '#plugin/reply.ts'
import { cache } from '#plugins/cache/index.ts'
import { cacheKey } from '#plugins/cache/key.ts'
import type { PluginUnderTest, QueryParts } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery, rr, showReply } from '#test/support/plugin.ts'
import { Class, Flag, Opcode, Rcode } from '#wire/constants.ts'

const SOA = 'example.org. 300 IN SOA ns.example.org. root.example.org. 1 7200 900 1209600 60'
const A = 'a.example.org. 300 IN A 192.0.2.1'

/** A reply from presentation text. */
function made(parts: {
  rcode?: number
  flags?: number
  answer?: string[]
  authority?: string[]
  additional?: string[]
}) {
  return reply('next', {
    rcode: parts.rcode ?? Rcode.NOERROR,
    flags: parts.flags ?? 0,
    answer: (parts.answer ?? []).map(rr),
    authority: (parts.authority ?? []).map(rr),
    additional: (parts.additional ?? []).map(rr),
  })
}

const positive = made({ answer: [A] })
const nxdomain = made({ rcode: Rcode.NXDOMAIN, authority: [SOA] })

function under(text: string, answer: Reply | ((query: Query) => Reply | Promise<Reply>)): PluginUnderTest {
  return buildPlugin(cache, text, { next: typeof answer === 'function' ? answer : () => answer })
}

function ask(plugin: PluginUnderTest, name = 'a.example.org', type = 'A', parts: QueryParts = {}): Reply {
  return plugin.handler(makeQuery(name, type, parts)) as Reply
}

describe('what is kept', () => {
  const rules: [rule: string, reply: Reply, kept: boolean, parts?: QueryParts, type?: string][] = [
    ['an answer', positive, true],
    [
      'an answer at the end of a CNAME chain',
      made({
        answer: [
          'a.example.org. 300 IN CNAME B.example.org.',
          'b.example.org. 300 IN CNAME c.example.org.',
          'c.example.org. 300 IN A 192.0.2.1',
        ],
      }),
      true,
    ],
    [
      'an answer whose CNAME chain is out of order',
      made({
        answer: [
          'c.example.org. 300 IN A 192.0.2.1',
          'b.example.org. 300 IN CNAME c.example.org.',
          'a.example.org. 300 IN CNAME b.example.org.',
        ],
      }),
      true,
    ],
    ['a CNAME that was asked for', made({ answer: ['a.example.org. 300 IN CNAME b.example.org.'] }), true, {}, 'CNAME'],
    ['any records of a name asked for ANY', made({ answer: ['a.example.org. 300 IN TXT "x"'] }), true, {}, 'ANY'],
    ['NODATA with SOA', made({ authority: [SOA] }), true],
    ['NXDOMAIN with SOA', nxdomain, true],
    [
      'a CNAME to NODATA with SOA',
      made({ answer: ['a.example.org. 300 IN CNAME b.example.org.'], authority: [SOA] }),
      true,
    ],
    ['a referral', made({ authority: ['example.org. 300 IN NS ns.example.org.'] }), true],
    ['an empty NOERROR', made({}), true],
    ['SERVFAIL', made({ rcode: Rcode.SERVFAIL }), true],
    ['SERVFAIL that nobody has written (RFC 9520)', failure(Rcode.SERVFAIL, new Error('i/o timeout')), true],
    ['NOTIMP', made({ rcode: Rcode.NOTIMP }), true],
    ['a truncated reply (RFC 2181 section 9)', made({ flags: Flag.TC, answer: [A] }), false],
    ['REFUSED', made({ rcode: Rcode.REFUSED }), false],
    ['FORMERR', failure(Rcode.FORMERR), false],
    ['no reply at all', DROPPED, false],
    ['NXDOMAIN without SOA (RFC 2308 section 5)', made({ rcode: Rcode.NXDOMAIN }), false],
    ['NXDOMAIN with an answer', made({ rcode: Rcode.NXDOMAIN, answer: [A], authority: [SOA] }), false],
    ['a CNAME without target and SOA', made({ answer: ['a.example.org. 300 IN CNAME b.example.org.'] }), false],
    [
      'a CNAME chain with two ways',
      made({
        answer: [
          'a.example.org. 300 IN CNAME b.example.org.',
          'a.example.org. 300 IN CNAME c.example.org.',
          'c.example.org. 300 IN A 192.0.2.1',
        ],
      }),
      false,
    ],
    [
      'a CNAME loop',
      made({ answer: ['a.example.org. 300 IN CNAME b.example.org.', 'b.example.org. 300 IN CNAME a.example.org.'] }),
      false,
    ],
    ['an answer to another question', made({ answer: ['bank.example. 300 IN A 192.0.2.66'] }), false],
    [
      'a denial with records of another name',
      made({ answer: ['b.example.org. 300 IN A 192.0.2.66'], authority: [SOA] }),
      false,
    ],
    [
      'an expired signature for a DO query',
      made({ answer: [A, 'a.example.org. 300 IN RRSIG A 13 3 300 20251201000000 20251101000000 1 example.org. AAAA'] }),
      false,
      { dnssecOk: true },
    ],
    [
      'a signature in force for a DO query',
      made({ answer: [A, 'a.example.org. 300 IN RRSIG A 13 3 300 20260201000000 20251201000000 1 example.org. AAAA'] }),
      true,
      { dnssecOk: true },
    ],
    ['a zone transfer', positive, false, {}, 'AXFR'],
    ['an answer to NOTIFY', positive, false, { flags: Opcode.NOTIFY << 11 }],
  ]
  for (const [rule, reply, kept, parts = {}, type = 'A'] of rules) {
    test(`${rule}: ${kept ? 'kept' : 'not kept'}`, () => {
      const plugin = under('cache', reply)
      ask(plugin, 'a.example.org', type, parts)
      ask(plugin, 'a.example.org', type, parts)
      assert.equal(plugin.nextQueries.length, kept ? 1 : 2)
    })
  }

  test('a reply to another question is counted as dropped', () => {
    const plugin = under('cache', made({ answer: ['bank.example. 300 IN A 192.0.2.66'] }))
    ask(plugin)
    assert.match(plugin.metrics.expose(), /coredns_cache_drops_total\{server="[^"]*",zones="\.",view=""\} 1\n/)
  })

  test('a failure of a lookup within the server is not kept: it may have come too deep', () => {
    const plugin = under('cache', failure(Rcode.SERVFAIL))
    const query = makeQuery('a.example.org', 'A')
    query.depth = 1
    plugin.handler(query)
    ask(plugin)
    assert.equal(plugin.nextQueries.length, 2)
  })

  test('names outside the zones pass', () => {
    const plugin = under('cache example.net', positive)
    ask(plugin)
    ask(plugin)
    assert.equal(plugin.nextQueries.length, 2)
    assert.doesNotMatch(plugin.metrics.expose(), /requests_total\{/)
  })

  test('a reply that is promised is kept when it comes', async () => {
    const plugin = under('cache', async () => positive)
    await plugin.handler(makeQuery('a.example.org', 'A'))
    assert.match(showReply(ask(plugin)), /^NOERROR aa\n/)
  })
})

describe('the key', () => {
  test('holds the class', () => {
    const query = makeQuery('a.example.org', 'A')
    const key = cacheKey(query)
    query.class = Class.CH
    assert.notEqual(cacheKey(query), key)
  })

  test('type, class, DO and CD are told apart (CVE-2024-0874)', () => {
    const plugin = under('cache', query =>
      reply('next', {
        answer: [rr(`a.example.org. 300 IN A 192.0.2.${plugin.nextQueries.length}`)].map(record =>
          query.type === 1 ? record : rr('a.example.org. 300 IN AAAA 2001:db8::1'),
        ),
      }),
    )
    const variants: [string, QueryParts][] = [
      ['A', {}],
      ['A', { dnssecOk: true }],
      ['A', { flags: Flag.RD | Flag.CD }],
      ['A', { flags: Flag.RD | Flag.CD, dnssecOk: true }],
      ['AAAA', {}],
    ]
    const first = variants.map(([type, parts]) => showReply(ask(plugin, 'a.example.org', type, parts)))
    assert.equal(plugin.nextQueries.length, variants.length)
    const again = variants.map(([type, parts]) => showReply(ask(plugin, 'a.example.org', type, parts)))
    assert.equal(plugin.nextQueries.length, variants.length)
    assert.deepEqual(
      again,
      first.map(text => text.replace(/^NOERROR/, 'NOERROR aa')),
    )
  })

  test('RD, AD and EDNS make no difference', () => {
    const plugin = under('cache', positive)
    for (const parts of [{}, { flags: 0 }, { flags: Flag.AD }, { edns: false }, { tcp: true }])
      ask(plugin, 'a.example.org', 'A', parts)
    assert.equal(plugin.nextQueries.length, 1)
  })

  test('letter case makes no difference, and each asker gets its own back (RFC 4343)', () => {
    const plugin = under('cache', query => reply('next', { answer: [rr(A).withOwner(query.name)] }))
    ask(plugin, 'A.example.ORG')
    assert.match(showReply(ask(plugin, 'a.Example.org')), /answer a\.Example\.org\. 300/)
    assert.match(showReply(ask(plugin, 'A.example.ORG')), /answer A\.example\.ORG\. 300/)
    assert.match(showReply(ask(plugin, 'a.example.org')), /answer a\.example\.org\. 300/)
    assert.equal(plugin.nextQueries.length, 1)
  })

  test('owners that are not the question keep the case of their zone', () => {
    const plugin = under(
      'cache',
      made({ answer: ['a.example.org. 300 IN CNAME B.Example.Org.', 'B.Example.Org. 300 IN A 192.0.2.1'] }),
    )
    ask(plugin)
    assert.match(
      showReply(ask(plugin, 'A.EXAMPLE.ORG')),
      /A\.EXAMPLE\.ORG\. 300 IN CNAME B\.Example\.Org\.\nanswer B\.Example\.Org\. 300/,
    )
  })
})

describe('a hit', () => {
  test('has AA, and RA and rcode as stored', () => {
    const plugin = under('cache', made({ rcode: Rcode.NXDOMAIN, flags: Flag.RA, authority: [SOA] }))
    assert.match(showReply(ask(plugin)), /^NXDOMAIN ra\n/)
    assert.match(showReply(ask(plugin)), /^NXDOMAIN aa ra\nauthority example\.org\. 60 IN SOA/)
  })

  test('is asked for with AD whoever asks, so that it is good for those who want that', () => {
    const plugin = under('cache', positive)
    ask(plugin)
    assert.equal(plugin.nextQueries[0]!.flags & Flag.AD, Flag.AD)
  })

  test('has AD only if it was stored and the asker has DO or AD (RFC 6840 section 5.7)', () => {
    const plugin = under('cache', made({ flags: Flag.AD, answer: [A] }))
    const isAd = (parts: QueryParts) => (ask(plugin, 'a.example.org', 'A', parts).flags & Flag.AD) !== 0
    const asked: [QueryParts, boolean][] = [
      [{}, false],
      [{ flags: Flag.AD }, true],
      [{ dnssecOk: true }, true],
    ]
    for (let round = 0; round < 2; round++) for (const [parts, expected] of asked) assert.equal(isAd(parts), expected)
  })

  test('takes no EDNS option along', () => {
    const plugin = under('cache', positive.with({ options: [{ code: 15, data: new Uint8Array(2) }] }))
    assert.equal(ask(plugin).options.length, 1)
    assert.equal(ask(plugin).options.length, 0)
  })

  test('of a failure is not an error again', () => {
    const plugin = under('cache', failure(Rcode.SERVFAIL, new Error('no healthy proxies')))
    assert.notEqual(ask(plugin).error, null)
    assert.equal(ask(plugin).error, null)
    assert.equal(showReply(ask(plugin)), 'SERVFAIL bare')
  })

  for (const [rule, flags, isSame] of [
    ['is sent again from then on, if a hit is the same', Flag.AA, true],
    ['is sent again from then on, if a hit is the same, RA included', Flag.AA | Flag.RA, true],
    ['is not sent again, if a hit has AA and it has not', 0, false],
    ['is not sent again, if a hit lacks one of its flags', Flag.AA | 0x0040, false],
  ] as [string, number, boolean][]) {
    test(`the first reply ${rule}`, () => {
      const plugin = under('cache', made({ flags, answer: [A] }))
      const first = ask(plugin)
      assert.equal(first.reuse !== null, isSame)
      if (first.reuse === null) return
      first.reuse.keep()
      const { author, epoch, untilMs, countsDown } = first.reuse
      assert.deepEqual(
        { author, epoch, untilMs, countsDown },
        { author: 'cache', epoch: ask(plugin).reuse!.epoch, untilMs: plugin.clock.nowMs() + 300_000, countsDown: true },
      )
      assert.equal(first.reuse.counters, ask(plugin).reuse!.counters)
    })
  }

  test('belongs to the plugin cache', () => {
    const plugin = under('cache', positive)
    assert.equal(ask(plugin).author, 'next')
    assert.equal(ask(plugin).author, 'cache')
  })
})

describe('answers and denials of one question', () => {
  /** Two queries under way at once, answered in this order; then what a third one gets. */
  async function race(first: Reply, second: Reply): Promise<Reply> {
    const resolvers: ((reply: Reply) => void)[] = []
    const plugin = under('cache', () => new Promise<Reply>(resolve => resolvers.push(resolve)))
    const answers = [plugin.handler(makeQuery('a.example.org', 'A')), plugin.handler(makeQuery('a.example.org', 'A'))]
    resolvers[0]!(first)
    resolvers[1]!(second)
    await Promise.all(answers)
    return ask(plugin)
  }

  test('a server failure does not hide an answer that is still good', async () => {
    const servfail = made({ rcode: Rcode.SERVFAIL })
    assert.equal((await race(positive, servfail)).rcode, Rcode.NOERROR)
    assert.equal((await race(servfail, positive)).rcode, Rcode.NOERROR)
  })

  test('a denial outweighs an answer', async () => {
    assert.equal((await race(positive, nxdomain)).rcode, Rcode.NXDOMAIN)
    assert.equal((await race(nxdomain, positive)).rcode, Rcode.NXDOMAIN)
  })
})

describe('disable', () => {
  const rules: [corefile: string, reply: Reply, name: string, kept: boolean][] = [
    ['disable success', positive, 'a.example.org', false],
    ['disable success', nxdomain, 'a.example.org', true],
    ['disable denial', nxdomain, 'a.example.org', false],
    ['disable denial', positive, 'a.example.org', true],
    ['disable denial', failure(Rcode.SERVFAIL), 'a.example.org', false],
    ['disable success example.org', positive, 'a.EXAMPLE.org', false],
    ['disable success example.net', positive, 'a.example.org', true],
  ]
  for (const [option, reply, name, kept] of rules) {
    test(`${option}: ${reply.rcode === 0 ? 'an answer' : `rcode ${reply.rcode}`} for ${name} is ${kept ? '' : 'not '}kept`, () => {
      const plugin = under(`cache {\n ${option}\n}`, reply)
      ask(plugin, name)
      ask(plugin, name)
      assert.equal(plugin.nextQueries.length, kept ? 1 : 2)
    })
  }
})

describe('capacity', () => {
  test('the entry not asked for the longest goes first, and is counted', () => {
    const plugin = under('cache {\n success 1\n}', query => reply('next', { answer: [rr(A).withOwner(query.name)] }))
    for (let i = 0; i < 1024; i++) ask(plugin, `h${i}.example.org`)
    ask(plugin, 'h0.example.org')
    assert.equal(plugin.nextQueries.length, 1024)
    ask(plugin, 'one-more.example.org')
    ask(plugin, 'h0.example.org')
    assert.equal(plugin.nextQueries.length, 1025)
    ask(plugin, 'h1.example.org')
    assert.equal(plugin.nextQueries.length, 1026)
    const text = plugin.metrics.expose()
    assert.match(text, /coredns_cache_evictions_total\{server="[^"]*",type="success",zones="\.",view=""\} 2\n/)
    assert.match(text, /coredns_cache_entries\{server="[^"]*",type="success",zones="\.",view=""\} 1024\n/)
  })

  test('huge replies do not take more memory than ordinary ones', () => {
    const texts = Array.from({ length: 200 }, (_, i) => `a.example.org. 300 IN TXT "${i}${'x'.repeat(240)}"`).map(rr)
    const plugin = under('cache {\n success 1\n}', query =>
      reply('next', { answer: texts.map(text => text.withOwner(query.name)) }),
    )
    for (let i = 0; i < 200; i++) ask(plugin, `h${i}.example.org`, 'TXT')
    plugin.metrics.expose()
    const [, entries] = /cache_entries\{[^}]*"success"[^}]*\} (\d+)/.exec(plugin.metrics.expose())!
    assert.ok(Number(entries) < 100, `${entries} entries`)
  })
})

test('requests, hits and misses are counted by server and zones', () => {
  const plugin = under('cache 30 example.org example.net', query => (query.type === 1 ? positive : nxdomain))
  ask(plugin)
  ask(plugin)
  ask(plugin, 'a.example.org', 'AAAA')
  ask(plugin, 'a.example.org', 'AAAA')
  ask(plugin, 'a.example.org', 'AAAA')
  const lines = plugin.metrics
    .expose()
    .split('\n')
    .filter(line => line.startsWith('coredns_cache_') && !line.endsWith(' 0'))
  const label = plugin.instance.servers[0]!.server.label
  assert.deepEqual(lines, [
    `coredns_cache_entries{server="${label}",type="denial",zones="example.org.,example.net.",view=""} 1`,
    `coredns_cache_entries{server="${label}",type="success",zones="example.org.,example.net.",view=""} 1`,
    `coredns_cache_hits_total{server="${label}",type="denial",zones="example.org.,example.net.",view=""} 2`,
    `coredns_cache_hits_total{server="${label}",type="success",zones="example.org.,example.net.",view=""} 1`,
    `coredns_cache_misses_total{server="${label}",zones="example.org.,example.net.",view=""} 2`,
    `coredns_cache_requests_total{server="${label}",zones="example.org.,example.net.",view=""} 5`,
  ])
})
