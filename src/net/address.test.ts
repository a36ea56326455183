import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWildcard, joinHostPort, plainAddress, splitHostPort } from '#net/address.ts'

for (const [text, host, port] of [
  [':53', '', 53],
  [':0', '', 0],
  ['127.0.0.1:8080', '127.0.0.1', 8080],
  ['localhost:9153', 'localhost', 9153],
  ['[::1]:53', '::1', 53],
  ['[fe80::1%eth0]:65535', 'fe80::1%eth0', 65535],
] as const) {
  test(`${text} is split into host and port, and joined again`, () => {
    assert.deepEqual(splitHostPort(text), { host, port })
    assert.equal(joinHostPort(host, port), text)
  })
}

for (const text of [
  '',
  '53',
  '::1:53',
  '[::1]',
  '[::1]53',
  '[::1]x:53',
  'a:b',
  ':-1',
  ':65536',
  ':',
  'a]:1',
  '[[::1]]:1',
  ':5 ',
]) {
  test(`'${text}' is no host and port`, () => assert.equal(splitHostPort(text), undefined))
}

test('all three texts for every address are wildcards', () => {
  assert.deepEqual(['', '0.0.0.0', '::', '127.0.0.1', '::1'].map(isWildcard), [true, true, true, false, false])
})

for (const [address, plain] of [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::ffff:0:1', '::ffff:0:1'],
] as const) {
  test(`the plain text of ${address} is ${plain}`, () => assert.equal(plainAddress(address), plain))
}
