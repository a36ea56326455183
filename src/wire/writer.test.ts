import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cname, mx, soa, srv } from '#wire/build.ts'
import { Class, Type } from '#wire/constants.ts'
import { decodeMessage, isWireFailure } from '#wire/decode.ts'
import type { Name } from '#wire/name.ts'
import { name, nameToOctets, ROOT } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'
import { MessageWriter, optRecordOctets } from '#wire/writer.ts'

const QUESTION = name('www.example.com')
/** Header and the question above. */
const QUESTION_END = 12 + 17 + 4

function started(limitOctets = 512, start = 0): { writer: MessageWriter; octets: Uint8Array } {
  const octets = new Uint8Array(65535 + start)
  const writer = new MessageWriter()
  writer.reset(octets, start, limitOctets)
  writer.writeHeader(1, 0x8000)
  writer.writeQuestion(QUESTION, Type.A, Class.IN)
  writer.setCount(0, 1)
  return { writer, octets }
}

function address(owner: Name): ResourceRecord {
  return new ResourceRecord(owner, Type.A, Class.IN, 0, Uint8Array.of(1, 2, 3, 4))
}

function latin1(octets: Uint8Array, from: number, to: number): string {
  return Buffer.from(octets.subarray(from, to)).toString('latin1')
}

test('the owner that is the question becomes a pointer to it', () => {
  const { writer, octets } = started()
  assert.ok(writer.writeRecord(address(QUESTION), 30))
  assert.equal(latin1(octets, QUESTION_END, writer.position), '\xc0\x0c\0\x01\0\x01\0\0\0\x1e\0\x04\x01\x02\x03\x04')
})

test('names share their longest common end, counted from the start of the message', () => {
  for (const start of [0, 100]) {
    const { writer, octets } = started(512, start)
    const at = start + QUESTION_END
    writer.writeName(name('mail.example.com'), true)
    assert.equal(latin1(octets, at, writer.position), '\x04mail\xc0\x10')
    const next = writer.position
    writer.writeName(name('a.mail.example.com'), true)
    assert.equal(latin1(octets, next, writer.position), '\x01a\xc0\x21')
    const last = writer.position
    writer.writeName(name('com'), true)
    assert.equal(latin1(octets, last, writer.position), '\xc0\x18')
  }
})

test('names are compressed only when their letter case is the same', () => {
  const { writer, octets } = started()
  writer.writeName(name('WWW.example.com'), true)
  assert.equal(latin1(octets, QUESTION_END, writer.position), '\x03WWW\xc0\x10')
  const next = writer.position
  writer.writeName(name('www.EXAMPLE.com'), true)
  assert.equal(latin1(octets, next, writer.position), '\x03www\x07EXAMPLE\xc0\x18')
})

test('a pointer never leads to another pointer', () => {
  const { writer, octets } = started()
  writer.writeName(name('example.com'), true)
  assert.equal(latin1(octets, QUESTION_END, writer.position), '\xc0\x10')
  const next = writer.position
  writer.writeName(name('example.com'), true)
  assert.equal(latin1(octets, next, writer.position), '\xc0\x10')
})

test('the root is one octet and never a pointer', () => {
  const { writer, octets } = started()
  writer.writeName(ROOT, true)
  writer.writeName(ROOT, true)
  assert.equal(latin1(octets, QUESTION_END, writer.position), '\0\0')
})

test('names in data are compressed for MX and SOA, and written in full for SRV', () => {
  const { writer, octets } = started()
  writer.writeRecord(mx(QUESTION, 0, 10, name('mx.example.com')), 0)
  assert.equal(latin1(octets, QUESTION_END + 10, writer.position), '\0\x07\0\x0a\x02mx\xc0\x10')
  const next = writer.position
  writer.writeRecord(srv(QUESTION, 0, { priority: 1, weight: 2, port: 3, target: name('mx.example.com') }), 0)
  assert.equal(latin1(octets, next + 10, writer.position), '\0\x16\0\x01\0\x02\0\x03\x02mx\x07example\x03com\0')
  const last = writer.position
  const times = { serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5 }
  writer.writeRecord(soa(QUESTION, 0, { mname: QUESTION, rname: name('h.example.com'), ...times }), 0)
  assert.equal(
    latin1(octets, last + 10, writer.position),
    '\0\x1a\xc0\x0c\x01h\xc0\x10\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05',
  )
})

test('data that is not what its type says leaves as it is', () => {
  for (const rdata of ['', '\x05ab', '\xc0\x0c', '\x01a', `${'\x3f'.repeat(300)}`]) {
    const { writer, octets } = started()
    const record = new ResourceRecord(QUESTION, Type.CNAME, Class.IN, 0, Buffer.from(rdata, 'latin1'))
    assert.ok(writer.writeRecord(record, 0))
    assert.equal(latin1(octets, QUESTION_END + 12, writer.position), rdata)
  }
})

test('a record that does not fit is taken back whole, from the compression table too', () => {
  const record = cname(name('host.example.com'), 0, name('target.example.org'))
  // Owner 7, fixed 10, data 20.
  for (let limit = QUESTION_END; limit < QUESTION_END + 37; limit++) {
    const { writer, octets } = started(limit)
    octets.fill(0xee, QUESTION_END)
    assert.equal(writer.writeRecord(record, 0), false)
    assert.equal(writer.position, QUESTION_END)
    assert.equal(writer.overflowed, false)
    assert.ok(
      octets.subarray(limit).every(octet => octet === 0xee),
      'nothing is written past the limit',
    )
  }
  const { writer, octets } = started(QUESTION_END + 36)
  assert.equal(writer.writeRecord(record, 0), false)
  assert.ok(writer.writeRecord(address(name('example.org')), 0), 'a smaller one fits')
  writer.setCount(1, 1)
  assert.equal(latin1(octets, QUESTION_END, QUESTION_END + 13), '\x07example\x03org\0')
  assert.ok(started(QUESTION_END + 37).writer.writeRecord(record, 0))
})

test('after a record was taken back, the question can still be pointed to', () => {
  const { writer, octets } = started(QUESTION_END + 25)
  assert.equal(writer.writeRecord(cname(name('host.example.com'), 0, name('target.example.org')), 0), false)
  assert.ok(writer.writeRecord(address(name('host.example.com')), 0))
  assert.equal(latin1(octets, QUESTION_END, QUESTION_END + 7), '\x04host\xc0\x10')
})

test('a question that does not fit is not written', () => {
  const writer = new MessageWriter()
  writer.reset(new Uint8Array(64), 0, 32)
  writer.writeHeader(1, 0)
  assert.equal(writer.writeQuestion(QUESTION, Type.A, Class.IN), false)
  assert.equal(writer.lengthOctets, 12)
})

test('what is written octet by octet past the limit sets overflowed and is not written', () => {
  const octets = new Uint8Array(16)
  const writer = new MessageWriter()
  writer.reset(octets, 2, 5)
  writer.u32(0x01020304)
  writer.u16(0x0506)
  assert.ok(writer.overflowed)
  writer.u8(7)
  writer.octetsOf(Uint8Array.of(8))
  writer.writeName(QUESTION, false)
  assert.equal(writer.writeRecord(address(QUESTION), 0), false)
  assert.ok(writer.overflowed, 'and stays so')
  assert.deepEqual([...octets], [0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  writer.reset(octets, 0, 100)
  writer.octetsOf(new Uint8Array(17))
  assert.ok(writer.overflowed, 'memory is a limit too')
})

test('what is reserved is there for the OPT record', () => {
  const options = [{ code: 10, data: Uint8Array.of(1, 2, 3) }]
  const { writer, octets } = started(QUESTION_END + 16 + optRecordOctets(options))
  writer.reserve(optRecordOctets(options))
  assert.ok(writer.writeRecord(address(QUESTION), 0))
  assert.equal(writer.writeRecord(address(QUESTION), 0), false)
  writer.release()
  const at = writer.position
  assert.ok(writer.writeOpt(1232, true, 0xabc, options))
  assert.equal(latin1(octets, at, writer.position), '\0\0\x29\x04\xd0\xab\0\x80\0\0\x07\0\x0a\0\x03\x01\x02\x03')
  assert.equal(writer.writeOpt(1232, true, 0, []), false)
})

test('messages of one writer know nothing of each other', () => {
  const octets = new Uint8Array(512)
  const writer = new MessageWriter()
  writer.reset(octets, 0, 512)
  writer.writeName(name('a.example'), true)
  writer.reset(octets, 0, 512)
  writer.writeName(name('b.example'), true)
  assert.equal(latin1(octets, 0, writer.position), '\x01b\x07example\0')
})

test('pointers reach 16383 octets and no farther', () => {
  const octets = new Uint8Array(65535)
  const writer = new MessageWriter()
  writer.reset(octets, 0, 65535)
  writer.octetsOf(new Uint8Array(0x3ffe))
  // The first label stands at 16382, the second at 16384.
  writer.writeName(name('a.b'), true)
  const at = writer.position
  writer.writeName(name('x.a.b'), true)
  writer.writeName(name('b'), true)
  assert.equal(latin1(octets, at, writer.position), '\x01x\x01a\x01b\0\x01b\0')
})

test('64 KB of distinct names are packed with work in proportion to their octets', () => {
  const shapes: readonly [string, (i: number) => Name][] = [
    ['one label', i => name(`n${i}`)],
    ['a common end', i => name(`n${i}.example.com`)],
    ['many labels', i => name(`n${i}.a${i}.b${i}.c${i}.d${i}`)],
    ['ten thousand one-octet labels', i => name(`${'a.'.repeat(100)}${i}`)],
    ['labels of 63 octets that differ at their end', i => name(`${'a'.repeat(57)}${String(i).padStart(6, '0')}`)],
  ]
  const octets = new Uint8Array(65535)
  for (const [shape, nameOf] of shapes) {
    const writer = new MessageWriter()
    writer.reset(octets, 0, 65535)
    writer.writeHeader(1, 0)
    let count = 0
    let nameOctets = 0
    while (writer.writeRecord(cname(nameOf(2 * count), 0, nameOf(2 * count + 1)), 0)) {
      nameOctets += nameOf(2 * count).length + nameOf(2 * count + 1).length
      count++
    }
    writer.setCount(1, count)
    assert.ok(writer.compressionWork <= 12 * nameOctets, `${shape}: ${writer.compressionWork} for ${nameOctets} octets`)
    const message = decodeMessage(octets.subarray(0, writer.position))
    assert.ok(!isWireFailure(message), shape)
    const first = message.answer[0]!
    assert.deepEqual([first.owner, first.rdata], [nameOf(0), new Uint8Array(nameToOctets(nameOf(1)))])
  }
})
