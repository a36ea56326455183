import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyMessage, anyName } from '#test/fuzz/wire-arbitrary.ts'
import { SeededRandom } from '#test/support/random.ts'
import { slowDecode, slowEncode } from '#test/support/slow-codec.ts'
import { decodeMessage, isWireFailure } from '#wire/decode.ts'
import { encodeMessage } from '#wire/encode.ts'
import { wireFailureText } from '#wire/failure.ts'
import type { Message } from '#wire/message.ts'
import { foldName, formatName, parseName } from '#wire/name.ts'
import { isValidRdata } from '#wire/rdata/validate.ts'
import { formatRecord, parseRecord } from '#wire/text.ts'

/** One message costs about as much as ten mutated packets. */
const RUNS = Math.ceil(Number(process.env['NODENS_FUZZ_RUNS'] ?? 20_000) / 20)

/** Checks a property with a seed that a failure prints and NODENS_SEED repeats. */
function check<T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, property), { seed: new SeededRandom().seed, numRuns: RUNS })
}

/** The message; fails the test when it could not be decoded. */
function decoded(octets: Uint8Array): Message {
  const message = decodeMessage(octets)
  if (isWireFailure(message)) assert.fail(wireFailureText(message))
  return message
}

test('what is encoded decodes to the same message', () => {
  check(anyMessage, message => assert.deepEqual(decoded(encodeMessage(message)), message))
})

test('the encoder writes octet for octet what its slow twin writes', () => {
  check(anyMessage, message => assert.deepEqual(encodeMessage(message), slowEncode(message)))
})

test('the decoder reads what its slow twin reads', () => {
  check(anyMessage, message => {
    const octets = encodeMessage(message)
    assert.deepEqual(decodeMessage(octets), slowDecode(octets))
  })
})

test('decoding, encoding and decoding again changes nothing', () => {
  check(anyMessage, message => {
    const once = decoded(encodeMessage(message))
    assert.deepEqual(decoded(encodeMessage(once)), once)
  })
})

test('a limit leaves out whole records, sets TC and keeps the OPT record', () => {
  check(fc.tuple(anyMessage, fc.integer({ min: 12, max: 600 })), ([message, limit]) => {
    const octets = encodeMessage(message, limit)
    assert.ok(octets.length <= limit)
    const cut = decoded(octets)
    const all = [...message.answer, ...message.authority, ...message.additional]
    const kept = [...cut.answer, ...cut.authority, ...cut.additional]
    assert.deepEqual(kept, all.slice(0, kept.length))
    if (kept.length < all.length) assert.equal(cut.flags & 0x0200, 0x0200)
    if (limit >= 12 + 11 + 4 * 44 && message.edns !== null) assert.deepEqual(cut.edns, message.edns)
  })
})

test('presentation text of a record reads back to the same record', () => {
  check(anyMessage, message => {
    for (const record of [...message.answer, ...message.authority, ...message.additional]) {
      assert.ok(isValidRdata(record.type, record.rdata))
      const text = formatRecord(record)
      const again = parseRecord(text)
      assert.ok(typeof again !== 'string', `${text}: ${again}`)
      assert.equal(formatRecord(again), text)
      // An altitude or a size may be written in more than one way on the wire.
      if (!text.includes('\tLOC\t')) assert.deepEqual(again, record, text)
    }
  })
})

test('presentation text of a name reads back to the same name, and folding is idempotent', () => {
  check(anyName, name => {
    assert.equal(parseName(formatName(name)), name)
    assert.equal(foldName(foldName(name)), foldName(name))
    assert.equal(foldName(name).length, name.length)
  })
})
