import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePolicy, pickRandom } from '#net/upstream/policy.ts'

const items = ['a', 'b', 'c']

test('sequential keeps the order', () => {
  const policy = makePolicy<string>('sequential')
  assert.deepEqual([policy(items), policy(items)], [items, items])
})

test('round_robin moves the first on and keeps the others in order behind it', () => {
  const policy = makePolicy<string>('round_robin')
  const orders = Array.from({ length: 4 }, () => policy(items).join(''))
  assert.deepEqual(orders, ['bac', 'cab', 'abc', 'bac'])
})

test('random gives every order, each about as often', () => {
  const policy = makePolicy<string>('random')
  const counts = new Map<string, number>()
  for (let i = 0; i < 6000; i++) {
    const order = policy(items).join('')
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  assert.equal(counts.size, 6)
  for (const count of counts.values()) assert.equal(count > 800 && count < 1200, true)
  assert.deepEqual(items, ['a', 'b', 'c'])
})

test('a random pick can be any item', () => {
  assert.deepEqual(new Set(Array.from({ length: 200 }, () => pickRandom(items))), new Set(items))
})
