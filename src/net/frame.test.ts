import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameDecoder } from '#net/frame.ts'

const MESSAGES = [12, 13, 300, 1, 700].map((octets, index) => new Uint8Array(12 + octets).fill(index + 1))
const STREAM = Buffer.concat(MESSAGES.map(framed))

test('messages are the same however the stream is cut in two', () => {
  for (let cut = 0; cut <= STREAM.length; cut++) {
    assert.deepEqual(read([STREAM.subarray(0, cut), STREAM.subarray(cut)]), MESSAGES.map(hex), `cut at ${cut}`)
  }
})

test('messages are the same when the stream comes in pieces of any one size', () => {
  for (let size = 1; size <= 40; size++) {
    const pieces: Uint8Array[] = []
    for (let at = 0; at < STREAM.length; at += size) pieces.push(STREAM.subarray(at, at + size))
    assert.deepEqual(read(pieces), MESSAGES.map(hex), `pieces of ${size}`)
  }
})

test('the longest message is read from single octets', () => {
  const message = new Uint8Array(65535).fill(7)
  const stream = framed(message)
  assert.deepEqual(read(Array.from(stream, (_, at) => stream.subarray(at, at + 1))), [hex(message)])
})

test('memory grows with what came, not with the length announced', () => {
  const decoder = new FrameDecoder()
  const before = process.memoryUsage().arrayBuffers
  const decoders = Array.from({ length: 1000 }, () => {
    const each = new FrameDecoder()
    each.feed(Uint8Array.of(0xff, 0xff, 1))
    assert.equal(each.next(), false)
    return each
  })
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 << 20)
  assert.equal(decoders.length, 1000)
  assert.equal(decoder.isMidMessage, false)
})

for (const length of [0, 1, 11]) {
  test(`a length of ${length} breaks the stream for good`, () => {
    const decoder = new FrameDecoder()
    decoder.feed(Buffer.concat([framed(MESSAGES[0]!), Uint8Array.of(0, length, 1, 2, 3), framed(MESSAGES[1]!)]))
    assert.equal(decoder.next(), true)
    assert.equal(decoder.next(), false)
    assert.equal(decoder.isBroken, true)
    decoder.feed(framed(MESSAGES[0]!))
    assert.equal(decoder.next(), false)
  })
}

test('it is known whether a message has begun', () => {
  const decoder = new FrameDecoder()
  const stream = framed(MESSAGES[0]!)
  for (let at = 0; at < stream.length; at++) {
    assert.equal(decoder.isMidMessage, at > 0, `after ${at} octets`)
    decoder.feed(stream.subarray(at, at + 1))
    assert.equal(decoder.next(), at === stream.length - 1)
  }
  assert.equal(decoder.isMidMessage, false)
})

function framed(message: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(message.length >> 8, message.length & 255), message])
}

function read(pieces: readonly Uint8Array[]): readonly string[] {
  const decoder = new FrameDecoder()
  const messages: string[] = []
  for (const piece of pieces) {
    decoder.feed(piece)
    while (decoder.next()) messages.push(hex(decoder.octets.subarray(decoder.start, decoder.end)))
  }
  return messages
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex')
}
