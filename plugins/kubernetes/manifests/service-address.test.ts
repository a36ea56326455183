import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readManifest } from '#plugins/kubernetes/manifests/object.ts'
import type { ManifestService } from '#plugins/kubernetes/manifests/service.ts'
import { clusterAddresses } from '#plugins/kubernetes/manifests/service-address.ts'

function service(name: string, spec = ''): ManifestService {
  const text = `{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { ports: [{ port: 80 }], ${spec} } }`
  const object = readManifest(text, 'x.yaml').objects[0]
  assert.ok(object?.kind === 'Service')
  return object
}

function addressesByName(services: readonly ManifestService[]): Record<string, readonly string[]> {
  return Object.fromEntries([...clusterAddresses(services)].map(([each, addresses]) => [each.metadata.name, addresses]))
}

const families: [rule: string, spec: string, expected: RegExp][] = [
  ['one IPv4 address', '', /^10\.(9[6-9]|10\d|11[01])\.\d+\.\d+$/],
  ['one IPv6 address', 'ipFamilies: [IPv6]', /^fd00:10:96::[0-9a-f:]+$/],
  ['both, IPv4 first', 'ipFamilyPolicy: PreferDualStack', /^10\..* fd00:10:96::/],
  [
    'both, in the order asked for',
    'ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6, IPv4]',
    /^fd00:10:96::.* 10\./,
  ],
  ['both, by naming them', 'ipFamilies: [IPv4, IPv6]', /^10\..* fd00:10:96::/],
  ['what is written', 'clusterIP: 192.0.2.1', /^192\.0\.2\.1$/],
  ['what is written, and the other family', 'clusterIP: "fd00::1", ipFamilyPolicy: PreferDualStack', /^fd00::1 10\./],
  ['an address for a NodePort', 'type: NodePort', /^10\./],
]

describe('clusterAddresses', () => {
  for (const [rule, spec, expected] of families) {
    it(`gives a Service ${rule}`, () => {
      assert.match(addressesByName([service('web', spec)])['web']!.join(' '), expected)
    })
  }

  it('gives headless and ExternalName Services none', () => {
    assert.equal(clusterAddresses([service('a', 'clusterIP: None')]).size, 0)
    assert.equal(clusterAddresses([service('a', 'type: ExternalName, externalName: x.y')]).size, 0)
  })

  it('gives the same name the same address, in any company and order', () => {
    const services = Array.from({ length: 200 }, (_, i) => service(`web-${i}`))
    const together = addressesByName(services)
    assert.deepEqual(addressesByName(services.toReversed()), together)
    assert.deepEqual(addressesByName([services[7]!])['web-7'], together['web-7'])
    assert.equal(new Set(Object.values(together).flat()).size, services.length)
  })

  it('never gives an address that is written anywhere, and leaves 10.96.0.0/24 alone', () => {
    const [address] = addressesByName([service('web')])['web']!
    const taken = service('other', `clusterIP: ${address}`)
    for (const services of [
      [taken, service('web')],
      [service('web'), taken],
    ]) {
      const { web, other } = addressesByName(services)
      assert.deepEqual(other, [address])
      assert.notDeepEqual(web, [address])
    }
    const many = addressesByName(Array.from({ length: 500 }, (_, i) => service(`s${i}`)))
    assert.ok(Object.values(many).every(([first]) => !first!.startsWith('10.96.0.')))
  })
})
