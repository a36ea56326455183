import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOctets, cidrContains, parseCidr, splitCidr } from '#lib/cidr.ts'

const texts: readonly { text: string; network: string | null }[] = [
  { text: '10.0.0.0/8', network: '0a000000/8' },
  { text: '10.255.3.4/8', network: '0a000000/8' },
  { text: '10.9.255.255/18', network: '0a09c000/18' },
  { text: '0.0.0.0/0', network: '00000000/0' },
  { text: '255.255.255.255/32', network: 'ffffffff/32' },
  { text: '2001:db8::1/32', network: `20010db8${'0'.repeat(24)}/32` },
  { text: 'ffff::/1', network: `8${'0'.repeat(31)}/1` },
  { text: '10.0.0.0', network: null },
  { text: '10.0.0.0/33', network: null },
  { text: '::/129', network: null },
  { text: '10.0.0/8', network: null },
  { text: '010.0.0.0/8', network: null },
  { text: '10.0.0.0/8/8', network: null },
  { text: '10.0.0.0/-1', network: null },
  { text: '10.0.0.0/', network: null },
  { text: 'fe80::1%eth0/64', network: null },
  { text: '', network: null },
]

for (const { text, network } of texts) {
  test(`parseCidr: '${text}' is ${network ?? 'no CIDR'}`, () => {
    const cidr = parseCidr(text)
    assert.equal(cidr && `${Buffer.from(cidr.network).toString('hex')}/${cidr.prefixLength}`, network)
  })
}

const contained: readonly [string, string, boolean][] = [
  ['10.0.0.0/8', '10.1.2.3', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['192.168.1.128/25', '192.168.1.128', true],
  ['192.168.1.128/25', '192.168.1.127', false],
  ['0.0.0.0/0', '255.255.255.255', true],
  ['0.0.0.0/0', '::1', false],
  ['1.2.3.4/32', '1.2.3.4', true],
  ['1.2.3.4/32', '1.2.3.5', false],
  ['2001:db8::/29', '2001:dbf:ffff::', true],
  ['2001:db8::/29', '2001:dc0::', false],
  ['::1/128', '::1', true],
]

for (const [cidr, address, inside] of contained) {
  test(`cidrContains: ${address} is ${inside ? '' : 'not '}in ${cidr}`, () => {
    assert.equal(cidrContains(parseCidr(cidr)!, addressOctets(address)!), inside)
  })
}

test('splitCidr: a range that ends on the boundary stays one', () => {
  const cidr = parseCidr('10.0.0.0/8')!
  assert.deepEqual(splitCidr(cidr, 8), [cidr])
})

test('splitCidr: the parts are as many as there are, and each lies in the range', () => {
  for (const [text, bits, count] of [
    ['10.0.0.0/15', 8, 2],
    ['10.9.3.0/18', 8, 64],
    ['128.0.0.0/1', 8, 128],
    ['1.2.3.128/25', 8, 128],
    ['2001:db8::/29', 4, 8],
    ['2001:db8::/31', 4, 2],
    ['ffff::/125', 4, 8],
    ['::/0', 4, 1],
  ] as const) {
    const cidr = parseCidr(text)!
    const parts = splitCidr(cidr, bits)
    assert.equal(parts.length, count, text)
    const distinct = new Set(parts.map(part => Buffer.from(part.network).toString('hex')))
    assert.equal(distinct.size, count, text)
    assert.ok(
      parts.every(part => part.prefixLength % bits === 0 && cidrContains(cidr, part.network)),
      text,
    )
  }
})
