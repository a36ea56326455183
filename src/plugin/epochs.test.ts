import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Epochs } from '#plugin/epochs.ts'

test('a number that is given out again has another value than it had before', () => {
  const epochs = new Epochs()
  const first = epochs.open()
  const before = epochs.values[first]
  epochs.close(first)
  const again = epochs.open()
  assert.equal(again, first)
  assert.notEqual(epochs.values[again], before)
})

test('values stay what they are when there are more numbers', () => {
  const epochs = new Epochs()
  const numbers = Array.from({ length: 1000 }, () => epochs.open())
  assert.equal(new Set(numbers).size, 1000)
  for (const number of numbers) for (let i = 0; i < number % 5; i++) epochs.advance(number)
  for (let i = 0; i < 1000; i++) epochs.open()
  assert.deepEqual(
    numbers.map(number => epochs.values[number]),
    numbers.map(number => number % 5),
  )
})
