import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Ask } from '#test/support/client.ts'
import { exchange, queryOctets } from '#test/support/client.ts'
import { startFakeUpstream } from '#test/support/fake-upstream.ts'
import { rr } from '#test/support/plugin.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'
import { summarize } from '#test/support/summary.ts'
import { Flag } from '#wire/constants.ts'

const ZONE = 'cluster.local'
const COREFILE = `. {
    kubernetes ${ZONE} {
        manifests ${resolve('examples/cluster')}
    }
}
`

const NSID = { code: 3, data: new Uint8Array() }
const SUBNET = { code: 8, data: Uint8Array.of(0, 1, 0, 0) }
const EXPIRE = { code: 9, data: new Uint8Array() }
const UNKNOWN = { code: 100, data: new Uint8Array() }

/** Sections of RFC 8906, what dig would be told, the query, and its reply as `summarize` shows it. */
const rules: [section: string, dig: string, query: Uint8Array, reply: string][] = [
  ['8.1.1', '+noedns', soa({ edns: false }), 'NOERROR aa answer=SOA'],
  ['8.1.2', '+noedns TYPE1000', queryOctets(ZONE, 'TYPE1000', { edns: false, flags: 0 }), 'NOERROR aa authority=SOA'],
  ['8.1.3.1', '+noedns +cdflag', soa({ edns: false, flags: Flag.CD }), 'NOERROR aa cd answer=SOA'],
  ['8.1.3.2', '+noedns +adflag', soa({ edns: false, flags: Flag.AD }), 'NOERROR aa answer=SOA'],
  ['8.1.3.3', '+noedns +zflag', soa({ edns: false, flags: Flag.Z }), 'NOERROR aa answer=SOA'],
  ['8.1.3.4', '+noedns +rec', soa({ edns: false, flags: Flag.RD }), 'NOERROR aa rd answer=SOA'],
  [
    '8.1.4',
    '+noedns +opcode=15 +header-only',
    soa({ edns: false, opcode: 15 }).slice(0, 12),
    'opcode=15 NOTIMP header',
  ],
  ['8.1.4', '+noedns +opcode=15', soa({ edns: false, opcode: 15 }), 'opcode=15 NOTIMP header'],
  ['8.1.4', '+edns=0 +opcode=15', soa({ opcode: 15 }), 'opcode=15 NOTIMP header'],
  ['8.2.1', '+edns=0', soa({}), 'NOERROR aa answer=SOA opt'],
  ['8.2.2', '+edns=1', soa({ ednsVersion: 1 }), 'BADVERS opt'],
  ['8.2.3', '+ednsopt=100', soa({ options: [UNKNOWN] }), 'NOERROR aa answer=SOA opt'],
  ['8.2.4', '+ednsflags=0x40', withEdnsFlags(soa({}), 0x40), 'NOERROR aa answer=SOA opt'],
  ['8.2.4', '+ednsflags=0x80', withEdnsFlags(soa({}), 0x80), 'NOERROR aa answer=SOA opt'],
  ['8.2.5', '+edns=1 +ednsflags=0x40', withEdnsFlags(soa({ ednsVersion: 1 }), 0x40), 'BADVERS opt'],
  ['8.2.6', '+edns=1 +ednsopt=100', soa({ ednsVersion: 1, options: [UNKNOWN] }), 'BADVERS opt'],
  ['8.2.8', '+dnssec', soa({ dnssecOk: true }), 'NOERROR aa answer=SOA opt(do)'],
  ['8.2.9', '+edns=1 +dnssec', soa({ ednsVersion: 1, dnssecOk: true }), 'BADVERS opt(do)'],
  ['8.2.10', '+nsid +expire +subnet=0/0', soa({ options: [NSID, EXPIRE, SUBNET] }), 'NOERROR aa answer=SOA opt'],
]

describe('RFC 8906 section 8, for a zone of our own', () => {
  let server: TestServer
  before(async () => {
    server = await bootServer(COREFILE)
  })
  after(() => server.close())

  for (const tcp of [false, true]) {
    for (const [section, dig, query, expected] of rules) {
      it(`${section} ${tcp ? '+tcp ' : ''}${dig}`, async () => {
        const reply = await exchange(server.port, query, { tcp })
        assert.equal(summarize(reply), expected)
        assert.deepEqual([reply[0], reply[1]], [query[0], query[1]], "the ID is the query's")
        assert.equal(reply[3]! & 0x40, 0, 'the reserved header bit is clear')
        if (expected.includes('opt')) assert.equal(optOf(reply).flags & 0x7fff, 0, 'the reserved EDNS flags are clear')
      })
    }
  }

  it('8.2.7 +ignore +bufsize=512 +dnssec: a truncated reply keeps its OPT record', async t => {
    const addresses = Array.from({ length: 60 }, (_, i) => `192.0.2.${i} big.example`)
    const big = await bootServer(`. {\n hosts hosts.txt\n}\n`, { files: { 'hosts.txt': addresses.join('\n') } })
    t.after(() => big.close())
    const query = queryOctets('big.example', 'A', { bufsize: 512, dnssecOk: true, flags: 0 })
    const reply = await exchange(big.port, query)
    assert.match(summarize(reply), /^NOERROR aa tc answer=A(,A)* opt\(do\)$/)
    assert.ok(reply.length <= 512)
    assert.match(summarize(await exchange(big.port, query, { tcp: true })), /^NOERROR aa answer=A(,A){59} opt\(do\)$/)
  })
})

describe('RFC 8906 section 8, for a server that forwards', () => {
  it('repeats RD, sets RA as its upstream does, and does not claim authority', async t => {
    const upstream = await startFakeUpstream(query => query.reply({ answer: [rr('www.example. 60 IN A 192.0.2.1')] }))
    t.after(() => upstream.close())
    const server = await bootServer(`. {\n forward . ${upstream.address}\n}\n`)
    t.after(() => server.close())
    for (const tcp of [false, true]) {
      const asked = async (ask: Ask) =>
        summarize(await exchange(server.port, queryOctets('www.example', 'A', ask), { tcp }))
      assert.equal(await asked({ edns: false }), 'NOERROR rd ra answer=A')
      assert.equal(await asked({}), 'NOERROR rd ra answer=A opt')
      assert.equal(await asked({ flags: Flag.RD | Flag.CD, dnssecOk: true }), 'NOERROR rd ra cd answer=A opt(do)')
      assert.equal(await asked({ ednsVersion: 1 }), 'BADVERS rd opt')
      assert.equal(await asked({ options: [UNKNOWN, SUBNET] }), 'NOERROR rd ra answer=A opt')
      assert.equal(await asked({ opcode: 15 }), 'opcode=15 NOTIMP rd header')
    }
  })
})

function soa(ask: Ask): Uint8Array {
  return queryOctets(ZONE, 'SOA', { flags: 0, ...ask })
}

/** Sets bits of the second octet of the OPT record's flags; the record is the last and has no options. */
function withEdnsFlags(query: Uint8Array, bits: number): Uint8Array {
  query[query.length - 3]! |= bits
  return query
}

/** The OPT record of a reply that sends no options, which is its last 11 octets. */
function optOf(reply: Uint8Array): { flags: number } {
  const opt = reply.subarray(reply.length - 11)
  assert.deepEqual([...opt.subarray(0, 3)], [0, 0, 41])
  return { flags: (opt[7]! << 8) | opt[8]! }
}
