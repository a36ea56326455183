import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitHostPort, upstreamAddress } from '#net/upstream/address.ts'

const good: [text: string, host: string, port: number, shown: string][] = [
  ['192.0.2.1', '192.0.2.1', 53, '192.0.2.1:53'],
  ['192.0.2.1:5353', '192.0.2.1', 5353, '192.0.2.1:5353'],
  ['2001:db8::1', '2001:db8::1', 53, '[2001:db8::1]:53'],
  ['[2001:db8::1]', '2001:db8::1', 53, '[2001:db8::1]:53'],
  ['[2001:db8::1]:5353', '2001:db8::1', 5353, '[2001:db8::1]:5353'],
  ['fe80::1%eth0', 'fe80::1%eth0', 53, '[fe80::1%eth0]:53'],
  ['[fe80::1%eth0]:5353', 'fe80::1%eth0', 5353, '[fe80::1%eth0]:5353'],
]

for (const [text, host, port, shown] of good) {
  test(`${text} is an address`, () => {
    const split = splitHostPort(text, 53)
    assert.deepEqual(split, { host, port })
    assert.equal(upstreamAddress(host, port)?.text, shown)
  })
}

for (const text of [
  '192.0.2.1:0',
  '192.0.2.1:65536',
  '192.0.2.1:x',
  '[2001:db8::1',
  '[2001:db8::1]x',
  '1:2:3',
  '',
  ':53',
]) {
  test(`${text} is no host and port`, () => assert.equal(splitHostPort(text, 53), null))
}

for (const host of ['example.org', '192.0.2', '192.0.2.1%eth0', '']) {
  test(`${host} is no IP address`, () => assert.equal(upstreamAddress(host, 53), null))
}
