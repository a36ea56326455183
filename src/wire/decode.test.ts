import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ptr } from '#wire/build.ts'
import { decodeMessage, isWireFailure } from '#wire/decode.ts'
import { encodeMessage } from '#wire/encode.ts'
import { WireFailure, wireFailureText } from '#wire/failure.ts'
import type { Message } from '#wire/message.ts'
import { name } from '#wire/name.ts'

const FIXED_A = '\0\x01\0\x01\0\0\0\x3c\0\x04\x01\x02\x03\x04'
const OPT = '\0\0\x29\x04\xd0\0\0\x80\0\0\0'

/** A message with these section counts, everything after the header from `body`. */
function octetsOf(counts: readonly [number, number, number, number], body: string, word = '\x81\x80'): Uint8Array {
  const countText = counts.map(count => String.fromCharCode(count >> 8, count & 255)).join('')
  return new Uint8Array(Buffer.from(`\x12\x34${word}${countText}${body}`, 'latin1'))
}

function decoded(octets: Uint8Array): Message {
  const message = decodeMessage(octets)
  if (isWireFailure(message)) assert.fail(wireFailureText(message))
  return message
}

test('header, sections and OPT record are taken apart', () => {
  const message = decoded(
    octetsOf(
      [1, 1, 0, 1],
      `\x01a\0\0\x01\0\x01\xc0\x0c${FIXED_A}\0\0\x29\x04\xd0\x0a\x01\x80\0\0\x06\0\x0a\0\x02xy`,
      '\xa9\xb5',
    ),
  )
  assert.deepEqual(
    { ...message, answer: message.answer.length, edns: null },
    {
      id: 0x1234,
      flags: 0x81b0,
      opcode: 5,
      rcode: 0xa5,
      questions: [{ name: name('a'), type: 1, class: 1 }],
      answer: 1,
      authority: [],
      additional: [],
      edns: null,
    },
  )
  assert.deepEqual(
    { ...message.answer[0] },
    {
      owner: name('a'),
      type: 1,
      class: 1,
      ttlSeconds: 60,
      rdata: Uint8Array.of(1, 2, 3, 4),
    },
  )
  assert.deepEqual(message.edns, {
    version: 1,
    udpSizeOctets: 1232,
    dnssecOk: true,
    options: [{ code: 10, data: Uint8Array.from(Buffer.from('xy')) }],
  })
})

test('a TTL with its top bit set is 0 (RFC 2181 section 8)', () => {
  for (const [ttl, expected] of [
    ['\x7f\xff\xff\xff', 0x7fffffff],
    ['\x80\0\0\0', 0],
    ['\xff\xff\xff\xff', 0],
  ] as const) {
    assert.equal(decoded(octetsOf([0, 1, 0, 0], `\0\0\x01\0\x01${ttl}\0\x04abcd`)).answer[0]!.ttlSeconds, expected)
  }
})

test('letter case is kept', () => {
  assert.equal(decoded(octetsOf([1, 0, 0, 0], '\x02Ab\0\0\x01\0\x01')).questions[0]!.name, '\x02Ab\0')
})

test('what is decoded shares no memory with the octets, of whatever kind they are', () => {
  const octets = Buffer.from(octetsOf([0, 1, 0, 1], `\0${FIXED_A}\0\0\x29\0\0\0\0\0\0\0\x05\0\x0a\0\x01x`))
  const message = decoded(octets)
  octets.fill(0)
  assert.deepEqual(message.answer[0]!.rdata, Uint8Array.of(1, 2, 3, 4))
  assert.deepEqual(message.edns!.options[0]!.data, Uint8Array.of(0x78))
})

test('pointers in SRV data are followed (RFC 3597 section 4)', () => {
  const message = decoded(
    octetsOf([1, 1, 0, 0], '\x01a\0\0\x21\0\x01\xc0\x0c\0\x21\0\x01\0\0\0\0\0\x08\0\x01\0\x02\0\x03\xc0\x0c'),
  )
  assert.deepEqual([...message.answer[0]!.rdata], [0, 1, 0, 2, 0, 3, 1, 0x61, 0])
})

test('deletions of an update have no data (RFC 2136 section 2.5)', () => {
  assert.equal(decoded(octetsOf([0, 1, 0, 0], '\0\0\x01\0\xff\0\0\0\0\0\0')).answer[0]!.rdata.length, 0)
  assert.equal(decodeMessage(octetsOf([0, 1, 0, 0], '\0\0\x01\0\x01\0\0\0\0\0\0')), WireFailure.RDATA)
})

const options = (count: number) =>
  `\0\0\x29\0\0\0\0\0\0\0${String.fromCharCode(4 * count)}${'\0\x0c\0\0'.repeat(count)}`
const failures: readonly [string, Uint8Array, WireFailure][] = [
  ['no octets', new Uint8Array(0), WireFailure.SHORT],
  ['half a header', new Uint8Array(11), WireFailure.SHORT],
  ['more questions than fit', octetsOf([2, 0, 0, 0], '\0\0\x01\0\x01'), WireFailure.COUNT],
  ['more records than fit', octetsOf([0, 65535, 65535, 65535], '\0'.repeat(65000)), WireFailure.COUNT],
  ['a question cut off', octetsOf([1, 0, 0, 0], '\x02ab\0\0'), WireFailure.SHORT],
  ['a record cut off before its length', octetsOf([0, 1, 0, 0], `\x04abcd\0${FIXED_A.slice(0, 5)}`), WireFailure.SHORT],
  ['data cut off', octetsOf([0, 1, 0, 0], `\0${FIXED_A.slice(0, -1)}`), WireFailure.SHORT],
  ['an owner with a reserved label type', octetsOf([0, 1, 0, 0], `\x41${FIXED_A}`), WireFailure.LABEL_TYPE],
  ['an owner that points to itself', octetsOf([0, 1, 0, 0], `\xc0\x0c${FIXED_A}`), WireFailure.POINTER],
  ['an owner that points into the header', octetsOf([0, 1, 0, 0], `\xc0\x04${FIXED_A}`), WireFailure.POINTER],
  ['an address of five octets', octetsOf([0, 1, 0, 0], `\0\0\x01\0\x01\0\0\0\0\0\x05abcde`), WireFailure.RDATA],
  [
    'a name that goes on past its data',
    octetsOf([0, 1, 0, 0], '\0\0\x05\0\x01\0\0\0\0\0\x02\x01a\0'),
    WireFailure.RDATA,
  ],
  ['octets after a name', octetsOf([0, 1, 0, 0], '\0\0\x05\0\x01\0\0\0\0\0\x04\x01a\0\0'), WireFailure.RDATA],
  ['a pointer forward in data', octetsOf([0, 1, 0, 0], '\0\0\x05\0\x01\0\0\0\0\0\x02\xc0\x19\0'), WireFailure.POINTER],
  ['two OPT records', octetsOf([0, 0, 0, 2], OPT + OPT), WireFailure.OPT],
  ['an OPT record that has an owner', octetsOf([0, 0, 0, 1], `\x01a${OPT}`), WireFailure.OPT],
  ['an OPT record among the answers', octetsOf([0, 1, 0, 0], OPT), WireFailure.OPT],
  ['an option that overruns', octetsOf([0, 0, 0, 1], '\0\0\x29\0\0\0\0\0\0\0\x05\0\x0a\0\x02x'), WireFailure.OPT],
  ['an option cut off', octetsOf([0, 0, 0, 1], '\0\0\x29\0\0\0\0\0\0\0\x03\0\x0a\0'), WireFailure.OPT],
  ['33 options', octetsOf([0, 0, 0, 1], options(33)), WireFailure.OPT],
]

test('malformed messages give their failure', () => {
  for (const [why, octets, failure] of failures) assert.equal(decodeMessage(octets), failure, why)
  assert.equal(decoded(octetsOf([0, 0, 0, 1], options(32))).edns!.options.length, 32)
})

test('octets after the last section are not looked at', () => {
  assert.equal(decoded(octetsOf([0, 1, 0, 0], `\0${FIXED_A}trailing`)).answer.length, 1)
})

test('every message cut off anywhere is refused', () => {
  const octets = octetsOf([1, 1, 0, 1], `\x01a\0\0\x01\0\x01\xc0\x0c${FIXED_A}${OPT}`)
  decoded(octets)
  for (let length = 0; length < octets.length; length++) {
    assert.ok(isWireFailure(decodeMessage(octets.subarray(0, length))), `${length} octets`)
  }
})

test('64 KB of pointers to one long name cost a bounded expansion', () => {
  const long = `\x3f${'a'.repeat(63)}`.repeat(3) + `\x3d${'a'.repeat(61)}\0`
  const record = '\0\x01\0\x01\0\0\0\0\0\x04\x01\x02\x03\x04'
  // Two owners in turn, so that none is the one before it.
  const pair = `\xc0\x0c${record}\xc0\x4c${record}`
  const pairs = Math.floor((65535 - 12 - 259) / pair.length)
  const octets = octetsOf([1, 2 * pairs, 0, 0], `${long}\0\x01\0\x01${pair.repeat(pairs)}`)
  assert.equal(decodeMessage(octets), WireFailure.EXPANSION)
  const same = octetsOf([1, pairs, 0, 0], `${long}\0\x01\0\x01${`\xc0\x0c${record}`.repeat(pairs)}`)
  const message = decoded(same)
  assert.ok(
    message.answer.every(answer => answer.owner === message.questions[0]!.name),
    'one name costs nothing',
  )
})

test('chains of pointers cost a bounded number of steps', () => {
  // Data of an unknown type holds a chain of pointers, each to the one before; the owners after it enter at its end.
  let chain = '\0'
  const start = 12 + 11
  for (let i = 0; i < 8000; i++) {
    const target = i === 0 ? start : start + 1 + 2 * (i - 1)
    chain += String.fromCharCode(0xc0 | (target >> 8), target & 255)
  }
  const length = String.fromCharCode(chain.length >> 8, chain.length & 255)
  const last = start + 1 + 2 * 7999
  const entries = [last, last - 2].map(at => String.fromCharCode(0xc0 | (at >> 8), at & 255))
  const records = entries
    .map(entry => entry + FIXED_A)
    .join('')
    .repeat(1000)
  const octets = octetsOf([0, 2001, 0, 0], `\0\xff\0\0\x01\0\0\0\0${length}${chain}${records}`)
  assert.equal(decodeMessage(octets), WireFailure.TOO_MANY_POINTERS)
})

test('large honest messages decode: 4000 addresses, and a reverse zone with names far longer than their records', () => {
  const question = { name: name('web.default.svc.cluster.local'), type: 1, class: 1 }
  const message = {
    id: 1,
    flags: 0x8000,
    opcode: 0,
    rcode: 0,
    questions: [question],
    authority: [],
    additional: [],
    edns: null,
  }
  const body = `\xc0\x0c${FIXED_A}`.repeat(4000)
  const head = Buffer.from(encodeMessage({ ...message, answer: [] }))
  head.writeUInt16BE(4000, 6)
  assert.equal(decoded(Buffer.concat([head, Buffer.from(body, 'latin1')])).answer.length, 4000)
  const digits = (i: number) => [...i.toString(16).padStart(4, '0')].join('.')
  const answer = Array.from({ length: 2300 }, (_, i) =>
    ptr(
      name(`${digits(i)}.${'0.'.repeat(20)}8.b.d.0.1.0.0.2.ip6.arpa`),
      5,
      name(`host-${i}.web.default.svc.cluster.local`),
    ),
  )
  const octets = encodeMessage({ ...message, answer })
  assert.ok(octets.length < 65535)
  assert.equal(decoded(octets).answer.length, 2300)
})
