import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Epochs } from '#plugin/epochs.ts'
import { MetricRegistry } from '#plugin/metrics.ts'
import { reply } from '#plugin/reply.ts'
import type { ReplyObserver, Reuse } from '#plugin/reuse.ts'
import { PacketCache } from '#server/packet-cache.ts'
import { exchange } from '#test/support/exchange.ts'
import { silentPeer } from '#test/support/peer.ts'
import { makeQuery } from '#test/support/plugin.ts'

const SECOND_MS = 1000
const LIFE_MS = 30 * SECOND_MS

/** A cache, and a server of one record behind it whose replies are good for 30 s. */
function asked() {
  const epochs = new Epochs()
  const packets = new PacketCache(epochs)
  const counter = new MetricRegistry().counter({ name: 'sent_total', help: 'Sent again.', labels: [] }).labels()
  /** By whom the replies were that were sent again. */
  const authors: string[] = []
  const observer: ReplyObserver = {
    observe() {},
    ofRepeats: (_, { author }) => ({ observe: () => void authors.push(author) }),
    noteOf: () => '',
  }
  let kept = 0
  const reuse = (nowMs: number): Reuse => ({
    author: 'cache',
    keep: () => void kept++,
    epoch: 0,
    epochValue: 0,
    untilMs: nowMs + LIFE_MS,
    countsDown: true,
    counters: [counter],
    recency: null,
    renewal: null,
  })
  epochs.open()

  /** Asks at a moment; whether the answer came from the cache. */
  function ask(label: string, nowMs: number): boolean {
    const { query: message, reply: octets, answer } = exchange(label, 1)
    const out = new Uint8Array(512)
    packets.begin(nowMs)
    if (packets.serve(message, 0, message.length, silentPeer(), false, out, 0) > 0) return true
    const made = reply('next', { answer, uniformTtlSeconds: 30, reuse: reuse(nowMs) })
    const block = { shuffles: false, observers: [observer] }
    packets.store(
      message,
      0,
      message.length,
      makeQuery(`${label}.example.org.`, 'A'),
      made,
      block,
      octets,
      0,
      octets.length,
    )
    return false
  }
  return { ask, authors, counter, kept: () => kept }
}

test('a reply is kept when its query comes for the second time', () => {
  const { ask, kept } = asked()
  assert.deepEqual([ask('a', 0), kept()], [false, 0])
  assert.deepEqual([ask('a', 1), kept()], [false, 1])
  assert.deepEqual([ask('a', 2), kept()], [true, 1])
})

test('what is over is made anew once', () => {
  const { ask } = asked()
  for (const nowMs of [0, 1, LIFE_MS]) ask('a', nowMs)
  assert.equal(ask('a', LIFE_MS + 1), false)
  assert.equal(ask('a', LIFE_MS + 2), true)
})

test('a reply that is sent again is by whom its reuse says, and counts there', () => {
  const { ask, authors, counter } = asked()
  for (const nowMs of [0, 1, 2, 3]) ask('a', nowMs)
  assert.deepEqual(authors, ['cache', 'cache'])
  assert.equal(counter.value, 2)
})

test('tens of thousands of names are kept side by side, none pushes another out', () => {
  const { ask } = asked()
  const names = Array.from({ length: 26_000 }, (_, i) => `name-${i}`)
  for (const each of names) for (let times = 0; times < 2; times++) ask(each, 0)
  assert.deepEqual(
    names.filter(each => !ask(each, 1)),
    [],
  )
})

test('where more names are asked for than there is room for, most of what is kept stays useful', () => {
  const { ask } = asked()
  const names = Array.from({ length: 90_000 }, (_, i) => `name-${i}`)
  for (const each of names) for (let times = 0; times < 2; times++) ask(each, 0)
  const kept = names.filter(each => ask(each, 1)).length
  assert.ok(kept > 20_000, `${kept} of ${names.length}`)
})

test('a message that is shorter than its header is not looked for', () => {
  const packets = new PacketCache(new Epochs())
  for (let octets = 0; octets < 12; octets++) {
    const message = new Uint8Array(octets)
    assert.equal(packets.serve(message, 0, octets, silentPeer(), true, new Uint8Array(512), 0), 0)
  }
})
