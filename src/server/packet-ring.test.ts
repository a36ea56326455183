import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PacketLayout } from '#server/packet-layout.ts'
import type { PacketParts } from '#server/packet-ring.ts'
import { PacketRing } from '#server/packet-ring.ts'
import { exchange } from '#test/support/exchange.ts'
import { SeededRandom } from '#test/support/random.ts'

const RING = 4096

function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
}

/** A packet in the first place, good for ever. The octets lie amid others. */
function packetOf(query: Uint8Array, reply: Uint8Array): PacketParts {
  const octets = new Uint8Array(4096).fill(0xaa)
  octets.set(query, 3)
  octets.set(reply, 1001)
  const layout = new PacketLayout()
  assert.ok(layout.read(octets, 1001, false))
  const place = { query: octets, queryStart: 3, queryEnd: 3 + query.length, reply: octets, replyStart: 1001 }
  const rest = { replyOctets: reply.length, epoch: 0, epochValue: 0, untilMs: Number.POSITIVE_INFINITY }
  return { place: 0, ...place, ...rest, layout, uncompressedOctets: 0, note: new Uint8Array(0) }
}

/** Of every length from none on, and not of ASCII alone. */
function noteOf(place: number): string {
  return 'ü'.repeat(place % 20)
}

function noted(place: number): Pick<PacketParts, 'uncompressedOctets' | 'note'> {
  return { uncompressedOctets: place, note: Buffer.from(noteOf(place)) }
}

test('a packet is whole as long as it has not been given up, however often the ring has gone round', t => {
  const random = new SeededRandom(Date.now() % 0x7fffffff)
  t.diagnostic(`seed ${random.seed}`)
  /** What must be there, by place. */
  const kept = new Map<number, { at: number; query: Uint8Array; reply: Uint8Array }>()
  const ring = new PacketRing(RING, (place, at) => {
    assert.equal(kept.get(place)?.at, at, 'the packet that is given up was there')
    kept.delete(place)
  })
  const epochs = new Uint32Array([7])
  let mostOctets = 0
  for (let place = 0; place < 3000; place++) {
    const label = `${place}${'x'.repeat(random.below(50))}`
    const { query, reply } = exchange(label, random.below(12))
    const packet = packetOf(query, reply)
    const at = ring.add({ ...packet, place, epochValue: 7, untilMs: place + 1, ...noted(place) })
    assert.ok(at > 0 && at < RING)
    kept.set(place, { at, query, reply })
    let octets = 0
    for (const [other, packet] of kept) {
      const { query: asked } = packet
      assert.ok(ring.isQuery(packet.at, viewOf(asked), 0, asked.length))
      assert.equal(ring.isQuery(packet.at, viewOf(query), 0, query.length), packet.at === at)
      assert.equal(ring.uncompressedOctets(packet.at), other)
      assert.equal(ring.note(packet.at), noteOf(other))
      ring.nowMs = other
      assert.ok(ring.isGood(packet.at, epochs))
      const out = new Uint8Array(1500)
      assert.equal(ring.write(packet.at, viewOf(asked), 0, viewOf(out), 0), packet.reply.length)
      assert.deepEqual(out.subarray(0, packet.reply.length), packet.reply)
      octets += asked.length + packet.reply.length
    }
    mostOctets = Math.max(mostOctets, octets)
  }
  assert.ok(mostOctets > RING / 2, `the room is used: ${mostOctets} octets`)
})

test('a reply is good until its time and as long as its epoch has not changed', () => {
  const ring = new PacketRing(RING, () => {})
  const { query, reply } = exchange('a', 1)
  const at = ring.add({ ...packetOf(query, reply), epoch: 1, epochValue: 0xffff_ffff, untilMs: 1000 })
  ring.nowMs = 999
  assert.equal(ring.isGood(at, Uint32Array.of(0, 0xffff_ffff)), true)
  ring.nowMs = 1000
  assert.equal(ring.isGood(at, Uint32Array.of(0, 0xffff_ffff)), false)
  ring.nowMs = 999
  assert.equal(ring.isGood(at, Uint32Array.of(0xffff_ffff, 0)), false)
})

test('times to live are what is left in seconds, rounded up, and change once a second', () => {
  const ring = new PacketRing(RING, () => {})
  const { query, reply } = exchange('a', 2)
  const at = ring.add({ ...packetOf(query, reply), untilMs: 30_000 })
  for (const [nowMs, returned, ttlSeconds] of [
    [0, 30, 30],
    [999, -1, 30],
    [1000, 29, 29],
    [29_999.5, 1, 1],
  ] as const) {
    ring.nowMs = nowMs
    assert.equal(ring.countDown(at), returned)
    const out = new Uint8Array(512)
    const length = ring.write(at, viewOf(query), 0, viewOf(out), 0)
    const last = out.subarray(length - 16, length)
    assert.deepEqual([...last.subarray(6, 10)], [0, 0, 0, ttlSeconds])
  }
})
