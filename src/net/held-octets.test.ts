import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HeldOctets } from '#net/held-octets.ts'

describe('octets that are held for clients', () => {
  const holders = (held: HeldOctets, cut: string[], octets: Record<string, number>) =>
    Object.fromEntries(
      Object.entries(octets).map(([who, count]) => {
        const holder = { destroy: () => void cut.push(who) }
        held.note(holder, count)
        return [who, holder]
      }),
    )

  test('are added up, whatever comes and goes', () => {
    const held = new HeldOctets()
    const { a, b } = holders(held, [], { a: 10, b: 20 })
    held.note(a!, 15)
    held.note(b!, 0)
    assert.equal(held.total, 15)
    held.note(b!, 5)
    held.note(a!, 0)
    held.note(a!, 0)
    assert.equal(held.total, 5)
  })

  test('cost those the connection for whom they are held the longest, and no more than needed', () => {
    const cut: string[] = []
    const held = new HeldOctets()
    const { a } = holders(held, cut, { a: 10, b: 20, c: 30, d: 40 })
    held.note(a!, 0)
    held.note(a!, 10)
    assert.equal(held.cutTo(100), 0)
    assert.equal(held.cutTo(60), 2)
    assert.deepEqual(cut, ['b', 'c'])
    assert.equal(held.total, 50)
    assert.equal(held.cutTo(0), 2)
    assert.deepEqual(cut, ['b', 'c', 'd', 'a'])
  })
})
