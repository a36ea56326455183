import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arrivalTimeAt, SO_TIMESTAMPNS } from '#test/bench/peers/steady/arrival-time.ts'

const SOCKET = 1
const IP = 0
const PACKET_INFO = 8

/** A `cmsghdr` and its data, padded to a multiple of 8 octets. */
function control(level: number, type: number, data: readonly number[], octets = 16 + data.length * 4): number[] {
  return [octets, 0, level, type, ...data, ...(data.length % 2 === 1 ? [0] : [])]
}

const time = control(SOCKET, SO_TIMESTAMPNS, [1234, 0, 5678, 0])
const packetInfo = control(IP, PACKET_INFO, [1, 0x7f, 0x7f])

for (const [what, words, expected] of [
  ['alone', time, 4],
  ['after another message, whose length is padded', [...packetInfo, ...time], packetInfo.length + 4],
  ['before another message', [...time, ...packetInfo], 4],
  ['not where there are no control messages', [], -1],
  ['not in other messages', [...packetInfo, ...packetInfo], -1],
  ['not in one of the same type and another level', control(IP, SO_TIMESTAMPNS, [1, 0, 2, 0]), -1],
  ['not in what was cut off', time.slice(0, 6), -1],
  ['not in a header that was cut off', time.slice(0, 2), -1],
  ['not after a length that is too small', [...control(IP, PACKET_INFO, [], 0), ...time], -1],
] as const) {
  test(`the time of arrival is found ${what}`, () => {
    const before = 3 // It lies amid other memory.
    const memory = Uint32Array.of(...time.slice(0, before), ...words, ...time)
    assert.equal(arrivalTimeAt(memory, before, words.length * 4), expected < 0 ? -1 : before + expected)
  })
}
