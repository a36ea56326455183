import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Outstanding } from '#test/bench/peers/steady/outstanding.ts'

test('an answer is for the question that has its ID, in whatever order they come', () => {
  const outstanding = new Outstanding()
  for (const at of [100, 200, 300]) outstanding.begin(at)
  assert.deepEqual(
    [2, 0, 1].map(id => outstanding.end(id)),
    [300, 100, 200],
  )
})

test('an answer is for none when its ID was not asked with, or was answered already', () => {
  const outstanding = new Outstanding()
  outstanding.begin(100)
  assert.deepEqual(
    [1, 0xffff, 0, 0].map(id => outstanding.end(id)),
    [-1, -1, 100, -1],
  )
})

test('IDs begin again after 65,536 questions, and a question that still waits then is forgotten', () => {
  const outstanding = new Outstanding()
  for (let at = 0; at < 0x10000; at++) outstanding.begin(at)
  assert.equal(outstanding.nextId, 0)
  outstanding.begin(70_000)
  assert.deepEqual([outstanding.nextId, outstanding.end(0), outstanding.end(0), outstanding.end(1)], [1, 70_000, -1, 1])
})
