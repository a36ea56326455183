import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseZoneAddress, zonesOf } from '#corefile/address.ts'
import { formatName } from '#wire/name.ts'

const zones: readonly { text: string; zones: string[] }[] = [
  { text: '.', zones: ['.'] },
  { text: 'example.org', zones: ['example.org.'] },
  { text: 'Example.ORG.', zones: ['example.org.'] },
  { text: 'example.org:1053', zones: ['example.org.'] },
  { text: ':53', zones: ['.'] },
  { text: 'dns://:53', zones: ['.'] },
  { text: 'tls://example.org', zones: ['example.org.'] },
  { text: '0/25.2.0.192.in-addr.arpa', zones: ['0/25.2.0.192.in-addr.arpa.'] },
  { text: '10.0.0.1', zones: ['10.0.0.1.'] },
  { text: '10.0.0.0/8', zones: ['10.in-addr.arpa.'] },
  { text: '10.0.0.0/8:53', zones: ['10.in-addr.arpa.'] },
  { text: '10.0.0.0/15', zones: ['0.10.in-addr.arpa.', '1.10.in-addr.arpa.'] },
  { text: '10.0.0.0/24', zones: ['0.0.10.in-addr.arpa.'] },
  { text: '10.0.0.7/32', zones: ['7.0.0.10.in-addr.arpa.'] },
  { text: '10.0.0.4/31', zones: ['4.0.0.10.in-addr.arpa.', '5.0.0.10.in-addr.arpa.'] },
  { text: '0.0.0.0/0', zones: ['in-addr.arpa.'] },
  { text: '2001:db8::/32', zones: ['8.b.d.0.1.0.0.2.ip6.arpa.'] },
  { text: '2001:db8::/32:1053', zones: ['8.b.d.0.1.0.0.2.ip6.arpa.'] },
  { text: '2001:DB8::/31', zones: ['8.b.d.0.1.0.0.2.ip6.arpa.', '9.b.d.0.1.0.0.2.ip6.arpa.'] },
  { text: 'fd00::/8', zones: ['d.f.ip6.arpa.'] },
]

for (const { text, zones: expected } of zones) {
  test(`zonesOf: ${text} is ${expected.join(' and ')}`, () => {
    const read = zonesOf(text)
    assert.deepEqual(typeof read === 'string' ? read : read.map(formatName), expected)
  })
}

const counts: readonly [string, number, string, string][] = [
  ['10.9.3.0/18', 64, '0.9.10.in-addr.arpa.', '63.9.10.in-addr.arpa.'],
  ['192.168.1.0/25', 128, '0.1.168.192.in-addr.arpa.', '127.1.168.192.in-addr.arpa.'],
  ['128.0.0.0/1', 128, '128.in-addr.arpa.', '255.in-addr.arpa.'],
  ['2001:db8::/29', 8, '8.b.d.0.1.0.0.2.ip6.arpa.', 'f.b.d.0.1.0.0.2.ip6.arpa.'],
  ['2001:db8::/112', 1, `${'0.'.repeat(20)}8.b.d.0.1.0.0.2.ip6.arpa.`, `${'0.'.repeat(20)}8.b.d.0.1.0.0.2.ip6.arpa.`],
]

for (const [text, count, first, last] of counts) {
  test(`zonesOf: ${text} is ${count} zones from ${first}`, () => {
    const read = zonesOf(text)
    assert.ok(typeof read !== 'string')
    assert.deepEqual([read.length, formatName(read[0]!), formatName(read.at(-1)!)], [count, first, last])
  })
}

const errors: readonly [string, string][] = [
  ['', 'expecting data after last colon: ""'],
  ['dns://', 'expecting data after last colon: ""'],
  ['example.org:', 'expecting data after last colon: "example.org:"'],
  ['example..org', 'zone is not a valid domain name: example..org'],
  ['.org', 'zone is not a valid domain name: .org'],
  [`${'a'.repeat(64)}.org`, `zone is not a valid domain name: ${'a'.repeat(64)}.org`],
  [`${'a.'.repeat(128)}`, 'specified zone is too long: 256 > 255'],
  [`${'ä.'.repeat(86)}`, 'specified zone is too long: 258 > 255'],
  ['::/0', 'invalid CIDR ::/0'],
  ['::1/128', 'invalid CIDR ::1/128'],
  ['0064:ff9b::/96', 'invalid CIDR 0064:ff9b::/96'],
  ['10.0.0.0/33', 'invalid CIDR 10.0.0.0/33'],
  ['2001:db8::/129', 'invalid CIDR 2001:db8::/129'],
  ['http://example.org', 'zone is not a valid domain name: http://example.org'],
  ['TLS://example.org', 'zone is not a valid domain name: TLS://example.org'],
  ['example.org:dns', 'zone is not a valid domain name: example.org:dns'],
  ['a.org,b.org', 'zone is not a valid domain name: a.org,b.org'],
  ['example.org:65536', 'port is out of range: 65536'],
  ['example.org:-1', 'port is out of range: -1'],
]

for (const [text, message] of errors) {
  test(`zonesOf: '${text.slice(0, 20)}' is an error: ${message.slice(0, 40)}`, () => {
    assert.equal(zonesOf(text), message)
  })
}

test('parseZoneAddress: scheme and port are told apart from the zone', () => {
  const parts = ['a.org', 'a.org:1053', 'tls://a.org:53', 'https3://.', 'grpc://:1'].map(text => {
    const address = parseZoneAddress(text)
    return typeof address === 'string' ? address : [address.scheme, address.zones.map(formatName).join(), address.port]
  })
  assert.deepEqual(parts, [
    ['', 'a.org.', null],
    ['', 'a.org.', 1053],
    ['tls', 'a.org.', 53],
    ['https3', '.', null],
    ['grpc', '.', 1],
  ])
})
