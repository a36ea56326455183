import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WireFailure } from '#wire/failure.ts'
import { NameReader, skipName } from '#wire/question.ts'

const HEADER = '\0'.repeat(12)

function message(body: string): Buffer {
  return Buffer.from(HEADER + body, 'latin1')
}

test('a name is read as it was sent and folded', () => {
  const reader = new NameReader()
  const octets = message('\x03WwW\x07example\x00rest')
  assert.equal(reader.read(octets, 0, 12, octets.length), 12 + 13)
  assert.equal(reader.name, '\x03WwW\x07example\0')
  assert.equal(reader.folded, '\x03www\x07example\0')
})

test('only ASCII letters are folded', () => {
  const reader = new NameReader()
  const octets = message('\x07@AZ[\xc0\xde\xff\0')
  assert.equal(reader.read(octets, 0, 12, octets.length), octets.length)
  assert.equal(reader.folded, '\x07@az[\xc0\xde\xff\0')
})

test('pointers count from the start of the message, wherever it lies', () => {
  const reader = new NameReader()
  const octets = Buffer.concat([Buffer.from('before'), message('\x01a\x01B\0\x01c\xc0\x0c\xc0\x11after')])
  assert.equal(reader.read(octets, 6, 6 + 12 + 5, octets.length), 6 + 12 + 9)
  assert.equal(reader.name, '\x01c\x01a\x01B\0')
  assert.equal(reader.read(octets, 6, 6 + 12 + 9, octets.length), 6 + 12 + 11)
  assert.equal(reader.folded, '\x01c\x01a\x01b\0')
})

const LABEL = `\x3f${'a'.repeat(63)}`
const LONGEST = `${LABEL.repeat(3)}\x3d${'a'.repeat(61)}\0`
const failures: readonly [body: string, failure: number, why: string][] = [
  ['', WireFailure.SHORT, 'no octet'],
  ['\x03ab', WireFailure.SHORT, 'a label cut off'],
  ['\x03abc', WireFailure.SHORT, 'no root label'],
  ['\xc0', WireFailure.SHORT, 'half a pointer'],
  ['\x40', WireFailure.LABEL_TYPE, 'label type 01'],
  ['\x80', WireFailure.LABEL_TYPE, 'label type 10'],
  [`${LABEL.repeat(4)}\0`, WireFailure.NAME_TOO_LONG, '257 octets'],
  [`${LABEL.repeat(3)}\x3e${'a'.repeat(62)}\0`, WireFailure.NAME_TOO_LONG, '256 octets'],
  ['\xc0\x0c', WireFailure.POINTER, 'a pointer to itself'],
  ['\x01a\xc0\x0c', WireFailure.POINTER, 'a pointer to its own name'],
  ['\xc0\x0e\0', WireFailure.POINTER, 'a pointer forward'],
  ['\xc0\x00', WireFailure.POINTER, 'a pointer into the header'],
]

test('what is no name gives a failure and leaves the last name', () => {
  const reader = new NameReader()
  const good = message('\x01a\0')
  for (const [body, failure, why] of failures) {
    reader.read(good, 0, 12, good.length)
    const octets = message(body)
    assert.equal(reader.read(octets, 0, 12, octets.length), -failure, why)
    assert.equal(reader.name, '\x01a\0')
  }
})

test('a name of 255 octets is the longest, also across pointers', () => {
  const reader = new NameReader()
  const octets = message(LONGEST)
  assert.equal(reader.read(octets, 0, 12, octets.length), octets.length)
  assert.equal(reader.name.length, 255)
  const more = message(`${LONGEST}\x01a\xc0\x0c`)
  assert.equal(reader.read(more, 0, 12 + 255, more.length), -WireFailure.NAME_TOO_LONG)
})

test('a chain of more than 127 pointers is refused', () => {
  let body = '\0'
  for (let i = 0; i < 200; i++) {
    const target = i === 0 ? 12 : 12 + 1 + 2 * (i - 1)
    body += String.fromCharCode(0xc0 | (target >> 8), target & 255)
  }
  const octets = message(body)
  const reader = new NameReader()
  assert.equal(reader.read(octets, 0, 12 + 1 + 2 * 126, octets.length), 12 + 1 + 2 * 127)
  assert.equal(reader.read(octets, 0, 12 + 1 + 2 * 127, octets.length), -WireFailure.TOO_MANY_POINTERS)
})

test('a name is skipped to its root label or its first pointer', () => {
  for (const [body, expected] of [
    ['\0x', 13],
    ['\x01a\x02bc\0x', 18],
    ['\x01a\xc0\xffx', 16],
    [LONGEST, 12 + 255],
    [`${LABEL.repeat(4)}\0`, -WireFailure.NAME_TOO_LONG],
    ['', -WireFailure.SHORT],
    ['\x05a', -WireFailure.SHORT],
    ['\xc0', -WireFailure.SHORT],
    ['\x50', -WireFailure.LABEL_TYPE],
  ] as const) {
    const octets = message(body)
    assert.equal(skipName(octets, 12, octets.length), expected, JSON.stringify(body))
  }
})
