import assert from 'node:assert/strict'
import { test } from 'node:test'
import { a, soa } from '#wire/build.ts'
import { name, ROOT } from '#wire/name.ts'
import { formatMessage, formatRecord, parseRecord } from '#wire/text.ts'

const read: readonly [text: string, printed: string][] = [
  ['example.com. 300 IN A 1.2.3.4', 'example.com.\t300\tIN\tA\t1.2.3.4'],
  ['www IN 1h A 1.2.3.4', 'www.example.org.\t3600\tIN\tA\t1.2.3.4'],
  ['@ A 1.2.3.4', 'example.org.\t3600\tIN\tA\t1.2.3.4'],
  ['. 0 CH txt x', '.\t0\tCH\tTXT\t"x"'],
  ['a CLASS42 TYPE4242 \\# 1 ff', 'a.example.org.\t3600\tCLASS42\tTYPE4242\t\\# 1 FF'],
  ['a 1 ( IN ; a comment with "\n SOA . . (1 2\n3 4) 5 )', 'a.example.org.\t1\tIN\tSOA\t. . 1 2 3 4 5'],
  ['a TXT a;b', 'a.example.org.\t3600\tIN\tTXT\t"a"'],
  ['a TXT "a;(b)"c\\;d', 'a.example.org.\t3600\tIN\tTXT\t"a;(b)" "c;d"'],
]

test('a record is read from a line of a zone file', () => {
  for (const [text, printed] of read) {
    const record = parseRecord(text, name('example.org'))
    assert.ok(typeof record !== 'string', `${text}: ${record}`)
    assert.equal(formatRecord(record), printed)
  }
})

test('a line that is no record says why', () => {
  for (const [text, error] of [
    ['', "owner is not a domain name: ''"],
    ['a..b A 1.2.3.4', "owner is not a domain name: 'a..b'"],
    ['a', 'type is missing'],
    ['a 300 IN', 'type is missing'],
    ['a 300 IN x', "not a TTL, class or type: 'x'"],
    ['a A 1.2.3', "A: not an IPv4 address: '1.2.3'"],
    ['a TXT "', 'quote not closed'],
  ] as const) {
    assert.equal(parseRecord(text), error)
  }
})

test('a message is printed as dig prints it', () => {
  const zone = name('example.org')
  const times = { serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5 }
  const message = {
    id: 7,
    flags: 0x8580,
    opcode: 0,
    rcode: 3,
    questions: [{ name: name('www.example.org'), type: 1, class: 1 }],
    answer: [a(name('www.example.org'), 30, '1.2.3.4')],
    authority: [soa(zone, 60, { mname: zone, rname: ROOT, ...times })],
    additional: [],
    edns: { version: 0, udpSizeOctets: 1232, dnssecOk: true, options: [{ code: 3, data: Uint8Array.of(0xab) }] },
  }
  assert.equal(
    formatMessage(message),
    `;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 7
;; flags: qr aa rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 1, ADDITIONAL: 1

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags: do; udp: 1232
; OPT=3: AB

;; QUESTION SECTION:
;www.example.org.\t\tIN\tA

;; ANSWER SECTION:
www.example.org.\t30\tIN\tA\t1.2.3.4

;; AUTHORITY SECTION:
example.org.\t60\tIN\tSOA\texample.org. . 1 2 3 4 5
`,
  )
})
