import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import { Argument } from '#corefile/argument.ts'
import type { Interfaces } from '#plugins/bind/expand.ts'
import { expandAddresses } from '#plugins/bind/expand.ts'
import { bind } from '#plugins/bind/index.ts'
import { buildPlugin } from '#test/support/plugin.ts'

describe('bind', () => {
  const bound: [text: string, expected: readonly string[]][] = [
    ['bind 127.0.0.1', ['127.0.0.1']],
    ['bind 127.0.0.1 ::1', ['127.0.0.1', '::1']],
    ['bind 127.0.0.1\nbind 127.0.0.2', ['127.0.0.1', '127.0.0.2']],
    ['bind 127.0.0.1 127.0.0.1', ['127.0.0.1']],
    ['bind 127.0.0.1 127.0.0.2 {\nexcept 127.0.0.1\n}', ['127.0.0.2']],
    ['bind 127.0.0.1 {\nexcept 127.0.0.2\n}\nbind 127.0.0.2', ['127.0.0.1', '127.0.0.2']],
  ]
  for (const [text, expected] of bound) {
    it(`listens on ${expected} with '${text.replaceAll('\n', ' ')}'`, () => {
      assert.deepEqual(buildPlugin(bind, text).instance.plan.blocks[0]!.settings.listenAddresses, expected)
    })
  }

  it('knows the interfaces of this machine', {
    skip: networkInterfaces()['lo'] === undefined && 'no interface lo here',
  }, () => {
    const { listenAddresses } = buildPlugin(bind, 'bind lo').instance.plan.blocks[0]!.settings
    assert.ok(listenAddresses!.includes('127.0.0.1'))
  })

  const interfaces = {
    eth0: [
      { address: '10.0.0.5', family: 'IPv4' },
      { address: '2001:db8::5', family: 'IPv6' },
      { address: 'fe80::5', family: 'IPv6' },
    ],
  } as unknown as Interfaces

  it('takes an interface for all its addresses, link-local ones with their zone', () => {
    assert.deepEqual(expandAddresses([argument('eth0')], interfaces), ['10.0.0.5', '2001:db8::5', 'fe80::5%eth0'])
  })

  for (const text of ['eth1', 'constructor', '10.0.0', '10.0.0.0/8']) {
    it(`refuses '${text}'`, () => {
      const message = `not a valid IP address or interface name: "${text}"`
      assert.throws(() => expandAddresses([argument(text)], interfaces), { message })
    })
  }
})

function argument(text: string): Argument {
  return new Argument({ text, file: 'Corefile', line: 1, column: 1, width: text.length, quoted: false })
}
