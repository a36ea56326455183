import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyOctets, isSameOctets, WordView } from '#server/octet-words.ts'

const LENGTHS = Array.from({ length: 21 }, (_, i) => i)
const OFFSETS = [0, 1, 2, 3]

function numbered(octets: number): Uint8Array {
  return Uint8Array.from({ length: octets }, (_, i) => i + 1)
}

test('octets of any number are copied from and to anywhere, and nothing beside them', () => {
  const from = numbered(32)
  for (const length of LENGTHS) {
    for (const fromAt of OFFSETS) {
      for (const toAt of OFFSETS) {
        const to = new Uint8Array(32)
        copyOctets(new DataView(from.buffer), fromAt, new DataView(to.buffer), toAt, length)
        const expected = new Uint8Array(32)
        expected.set(from.subarray(fromAt, fromAt + length), toAt)
        assert.deepEqual(to, expected, `${length} from ${fromAt} to ${toAt}`)
      }
    }
  }
})

test('octets are the same when each of them is', () => {
  for (const length of LENGTHS) {
    for (const otherAt of OFFSETS) {
      const one = numbered(32)
      const other = new Uint8Array(32)
      other.set(one.subarray(1, 1 + length), otherAt)
      const same = (): boolean => isSameOctets(new DataView(one.buffer), 1, new DataView(other.buffer), otherAt, length)
      assert.ok(same(), `${length} at ${otherAt}`)
      for (let i = 0; i < length; i++) {
        other[otherAt + i]! ^= 0x80
        assert.equal(same(), false, `${i} of ${length} at ${otherAt}`)
        other[otherAt + i]! ^= 0x80
      }
    }
  }
})

test('a view has the offsets of the octets that it is asked for', () => {
  const memory = numbered(16)
  const views = new WordView()
  for (const start of [0, 4, 0]) assert.equal(views.of(memory.subarray(start, start + 8)).getUint8(1), start + 2)
})
