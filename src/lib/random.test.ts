import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomBelow, randomUint32 } from '#lib/random.ts'

test('words are 32 bits and do not repeat within many blocks', () => {
  const words = Array.from({ length: 5000 }, randomUint32)
  assert.ok(words.every(word => Number.isInteger(word) && word >= 0 && word < 2 ** 32))
  assert.ok(new Set(words).size > 4990)
})

test('numbers stay below their bound and reach all of it', () => {
  for (const bound of [1, 2, 3, 7, 256]) {
    const seen = new Set(Array.from({ length: bound * 40 }, () => randomBelow(bound)))
    assert.equal(Math.min(...seen), 0)
    assert.equal(Math.max(...seen), bound - 1)
  }
})

test('numbers below 3 are equally likely', () => {
  const counts = [0, 0, 0]
  for (let i = 0; i < 30_000; i++) counts[randomBelow(3)]! += 1
  // Seven standard deviations either way.
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 7 * 82, `${counts}`)
})
