import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Epochs } from '#plugin/epochs.ts'
import { reply } from '#plugin/reply.ts'
import { ResponseKind } from '#plugin/response-kind.ts'
import { Entry } from '#plugins/cache/entry.ts'
import { cacheKey } from '#plugins/cache/key.ts'
import { Life } from '#plugins/cache/life.ts'
import { PackedReply } from '#plugins/cache/packed-reply.ts'
import { Store } from '#plugins/cache/store.ts'
import { makeQuery, rr } from '#test/support/plugin.ts'
import { foldName, name } from '#wire/name.ts'

/** The least that a store holds. */
const CAPACITY = 1024

/** A store in which `first.example.org` was asked for again, and then so many other names have been stored. */
function storeWith(others: number, prefix = 'other-') {
  const epochs = new Epochs()
  const store = new Store(0, epochs)
  store.track([foldName(name('example.org'))])
  const add = (label: string) => {
    const text = `${label}.example.org`
    const query = makeQuery(text, 'A')
    const made = reply('next', {
      answer: [rr(`${text}. 300 IN CNAME t-${text}.`), rr(`t-${text}. 300 IN A 192.0.2.1`)],
    })
    const entry = new Entry(PackedReply.of(made, query)!, ResponseKind.ANSWER, new Life(made, 300, 0), true)
    store.set(cacheKey(query), entry)
    const reuse = entry.serve(query, 300, [], true).reuse!
    reuse.keep()
    return { entry, query, reuse }
  }
  const { query, reuse } = add('first')
  const { epoch, epochValue } = reuse
  for (let i = 0; i < others; i++) add(`${prefix}${i}`)
  return { store, add, key: cacheKey(query), epoch, isGood: () => epochs.values[epoch] === epochValue }
}

describe('what was made of an entry is good', () => {
  it('as long as the entry is stored, and when it has had to make room', () => {
    for (const others of [1, CAPACITY, 3 * CAPACITY]) {
      const { store, key, isGood } = storeWith(others)
      assert.equal(store.get(key) === undefined, others >= CAPACITY)
      assert.equal(isGood(), true)
    }
  })

  for (const [what, happens] of [
    ['its name is dropped', ({ store }) => store.drop(foldName(name('first.example.org')))],
    ['a name that it leads to is dropped', ({ store }) => store.drop(foldName(name('t-first.example.org')))],
    ['all names below a zone are dropped', ({ store }) => store.dropBelow(foldName(name('example.org')))],
    ['there is a newer reply', ({ add }) => void add('first')],
    ['there is a newer reply of another kind', ({ store, key }) => store.forgetEvicted(key)],
  ] as [string, (stored: ReturnType<typeof storeWith>) => void][]) {
    it(`until ${what}, when it has had to make room`, () => {
      const stored = storeWith(CAPACITY)
      happens(stored)
      assert.equal(stored.isGood(), false)
    })
  }

  it('until too many others have had to make room since it was asked for last', () => {
    const { isGood } = storeWith(40_000)
    assert.equal(isGood(), false)
    const { store, add, epoch, isGood: isTouchedGood } = storeWith(20_000)
    store.touch(epoch, 0)
    for (let i = 0; i < 20_000; i++) add(`later-${i}`)
    assert.equal(isTouchedGood(), true)
  })

  it('and fewer others where their names are long', () => {
    const long = `${'x'.repeat(60)}.${'y'.repeat(60)}.`
    assert.equal(storeWith(16_000).isGood(), true)
    assert.equal(storeWith(16_000, long).isGood(), false)
  })

  it('and then nothing is left of it', () => {
    const { store } = storeWith(3 * CAPACITY)
    assert.equal(store.isEmpty, false)
    store.dropBelow(foldName(name('example.org')))
    assert.equal(store.isEmpty, true)
    assert.equal(store.nameCount, 0)
  })
})
