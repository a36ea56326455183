import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { LineSplitter } from '#plugins/kubernetes/api/line-splitter.ts'
import { ListSplitter } from '#plugins/kubernetes/api/list-splitter.ts'
import { SeededRandom } from '#test/support/random.ts'

/** The text in pieces that end anywhere, also within a character. */
function cut(text: string, sizes: readonly number[]): Buffer[] {
  const octets = Buffer.from(text)
  const pieces: Buffer[] = []
  for (let at = 0, i = 0; at < octets.length; i++) {
    const size = sizes.length === 0 ? octets.length : sizes[i % sizes.length]!
    pieces.push(octets.subarray(at, at + size))
    at += size
  }
  return pieces
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 })
const runs = { numRuns: 200, seed: new SeededRandom().seed }

describe('LineSplitter', () => {
  it('finds the lines of a text, however it is cut', () => {
    const line = fc.string({ unit: 'binary', minLength: 1 }).filter(text => !text.includes('\n'))
    fc.assert(
      fc.property(fc.array(line), sizes, (lines, sizes) => {
        const splitter = new LineSplitter()
        const text = lines.map(each => `${each}\n`).join('')
        const found = cut(`${text}rest`, sizes).flatMap(piece => Array.from(splitter.push(piece), String))
        assert.deepEqual(
          found,
          lines.map(each => Buffer.from(each).toString()),
        )
      }),
      runs,
    )
  })

  it('ends at a line without end', () => {
    const splitter = new LineSplitter()
    const piece = Buffer.alloc(1 << 20, 'x')
    assert.throws(() => {
      for (let i = 0; i < 20; i++) Array.from(splitter.push(piece))
    }, /an event of more than \d+ octets/)
  })
})

describe('ListSplitter', () => {
  const item = fc.dictionary(fc.constantFrom('items', 'a', '"', '\\', '{', ']'), fc.jsonValue())
  const list = fc.record({
    before: fc.dictionary(fc.constantFrom('kind', 'x', 'y'), fc.jsonValue()),
    items: fc.array(item),
    metadata: fc.record({ resourceVersion: fc.string(), continue: fc.string() }),
    isPretty: fc.boolean(),
    isMetadataFirst: fc.boolean(),
  })

  it('finds the items and the rest of a list, however it is written and cut', () => {
    fc.assert(
      fc.property(list, sizes, ({ before, items, metadata, isPretty, isMetadataFirst }, sizes) => {
        const value = isMetadataFirst ? { ...before, metadata, items } : { ...before, items, metadata }
        const splitter = new ListSplitter()
        const pieces = cut(JSON.stringify(value, null, isPretty ? 2 : 0), sizes)
        // Compared as text: JSON.parse of Node 26 takes one key for another when escapes are in them.
        const found = pieces.flatMap(piece => Array.from(splitter.push(piece), octets => octets.toString().trim()))
        const indent = (text: string): string => text.replaceAll('\n', '\n    ')
        assert.deepEqual(
          found,
          items.map(each => indent(JSON.stringify(each, null, isPretty ? 2 : 0))),
        )
        assert.deepEqual(splitter.end().metadata, { ...metadata })
      }),
      runs,
    )
  })

  it('a list that ends too early is none, wherever it ends', () => {
    const text = '{"kind":"List","metadata":{"resourceVersion":"7"},"items":[{"a":"}]"},{"b":[1]}]}'
    for (let length = 1; length < text.length; length++) {
      const splitter = new ListSplitter()
      Array.from(splitter.push(Buffer.from(text.slice(0, length))))
      assert.throws(() => splitter.end(), /the list ended in the midst/, text.slice(0, length))
    }
  })

  it('a list of nothing has no items', () => {
    for (const items of ['[]', 'null', '[ ]']) {
      const splitter = new ListSplitter()
      assert.deepEqual([...splitter.push(Buffer.from(`{"items":${items},"metadata":{"resourceVersion":"7"}}`))], [])
      assert.equal(splitter.end().metadata?.resourceVersion, '7')
    }
  })

  it('what is no JSON is no list', () => {
    const splitter = new ListSplitter()
    assert.deepEqual([...splitter.push(Buffer.from('<html></html>'))], [])
    assert.throws(() => splitter.end(), /the list is not JSON/)
  })
})
