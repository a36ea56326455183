import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { StringRows } from '#lib/string-rows.ts'
import { SeededRandom } from '#test/support/random.ts'

const text = fc.oneof(
  fc.integer({ min: 0, max: 30 }).map(i => `namespace/pod-${i}`),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
)
const steps = fc.array(fc.record({ text, isRemoved: fc.boolean() }), { maxLength: 300 })

describe('StringRows', () => {
  it('numbers texts as a Map of strings would', () => {
    fc.assert(
      fc.property(steps, list => {
        const rows = new StringRows()
        const slow = new Map<string, number>()
        for (const { text, isRemoved } of list) {
          assert.equal(rows.find(text), slow.get(text) ?? -1)
          if (isRemoved) {
            rows.remove(slow.get(text) ?? rows.capacity)
            slow.delete(text)
          } else {
            const row = rows.add(text)
            assert.ok(row < rows.capacity)
            assert.equal(row, slow.get(text) ?? row)
            assert.equal(new Set([...slow.values(), row]).size, slow.has(text) ? slow.size : slow.size + 1)
            slow.set(text, row)
          }
          assert.equal(rows.size, slow.size)
        }
        for (const [text, row] of slow) assert.equal(rows.text(row), text)
        assert.deepEqual(
          [...rows.rows()],
          [...slow.values()].sort((a, b) => a - b),
        )
      }),
      { numRuns: 200, seed: new SeededRandom().seed },
    )
  })

  it('takes no more room for texts that come and go', () => {
    const rows = new StringRows()
    for (let i = 0; i < 1000; i++) rows.add(`kept-${i}`)
    const { capacity } = rows
    for (let i = 0; i < 20_000; i++) rows.remove(rows.add(`passing-${i}`))
    assert.equal(rows.capacity, capacity)
    for (let i = 0; i < 1000; i++) assert.equal(rows.text(rows.find(`kept-${i}`)), `kept-${i}`)
  })

  it('refuses a text without bounds', () => {
    const rows = new StringRows()
    assert.throws(() => rows.add('x'.repeat(65_536)), RangeError)
    assert.equal(rows.find('x'.repeat(65_536)), -1)
    assert.equal(rows.add('x'.repeat(65_535)), 0)
  })
})
