import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  SOCKET_ADDRESS_OCTETS,
  socketAddress,
  socketFamily,
  socketPort,
  writeSocketAddress,
} from '#net/batch/socket-address.ts'

for (const [address, length, family, text] of [
  ['127.0.0.1', 16, 4, '127.0.0.1'],
  ['255.254.253.252', 16, 4, '255.254.253.252'],
  ['::1', 28, 6, '::1'],
  ['::', 28, 6, '::'],
  ['2001:db8::ffff:1', 28, 6, '2001:db8::ffff:1'],
  ['::ffff:192.0.2.7', 28, 4, '192.0.2.7'],
  ['::fffe:192.0.2.7', 28, 6, '::fffe:c000:207'],
] as const) {
  test(`${address} is written as ${length} octets and read as family ${family}, ${text}`, () => {
    const octets = new Uint8Array(2 * SOCKET_ADDRESS_OCTETS).fill(9)
    assert.equal(writeSocketAddress(octets, SOCKET_ADDRESS_OCTETS, address, 5353), length)
    assert.equal(socketFamily(octets, SOCKET_ADDRESS_OCTETS), family)
    assert.equal(socketAddress(octets, SOCKET_ADDRESS_OCTETS), text)
    assert.equal(socketPort(octets, SOCKET_ADDRESS_OCTETS), 5353)
    assert.equal(octets[SOCKET_ADDRESS_OCTETS - 1], 9)
  })
}

test('what is no address has no octets', () => {
  assert.equal(writeSocketAddress(new Uint8Array(SOCKET_ADDRESS_OCTETS), 0, 'localhost', 53), 0)
})

test('the text of an address is its own, whatever addresses were asked for before', () => {
  const octets = new Uint8Array(SOCKET_ADDRESS_OCTETS)
  for (let i = 0; i < 5000; i++) {
    const address = `${i & 1 ? 10 : 200}.${(i >> 3) & 0xff}.${i % 3}.${i & 0xff}`
    writeSocketAddress(octets, 0, address, 53)
    assert.equal(socketAddress(octets, 0), address)
  }
  writeSocketAddress(octets, 0, '0.0.0.0', 53)
  assert.equal(socketAddress(octets, 0), '0.0.0.0')
})
