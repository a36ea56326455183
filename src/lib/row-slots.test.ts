import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { RowSlots } from '#lib/row-slots.ts'
import { SeededRandom } from '#test/support/random.ts'

/** Few hashes, so that rows share them, with neighbours at both ends of any table. */
const hash = fc.constantFrom(0, 1, 2, 15, 16, 31, 0x8000_000f, 0xffff_fffe, 0xffff_ffff)
const steps = fc.array(fc.record({ hash, row: fc.integer({ min: 0, max: 40 }), isRemoved: fc.boolean() }), {
  maxLength: 300,
})

function rowsWith(slots: RowSlots, hash: number): number[] {
  const rows: number[] = []
  for (let slot = slots.first(hash); slot >= 0; slot = slots.next(slot)) rows.push(slots.rowAt(slot))
  return rows.sort((a, b) => a - b)
}

describe('RowSlots', () => {
  it('finds the rows of a hash as a Map of sets would, after any stream of changes', () => {
    fc.assert(
      fc.property(steps, list => {
        const slots = new RowSlots()
        const slow = new Map<number, Set<number>>()
        for (const { hash, row, isRemoved } of list) {
          const rows = slow.get(hash) ?? new Set()
          slow.set(hash, rows)
          if (isRemoved) {
            slots.remove(hash, row)
            rows.delete(row)
          } else if (!rows.has(row)) {
            slots.add(hash, row)
            rows.add(row)
          }
        }
        for (const [hash, rows] of slow) {
          assert.deepEqual(
            rowsWith(slots, hash),
            [...rows].sort((a, b) => a - b),
          )
        }
      }),
      { numRuns: 300, seed: new SeededRandom().seed },
    )
  })
})
