import assert from 'node:assert/strict'
import test from 'node:test'
import type { ApiObject } from '#plugins/kubernetes/api/object.ts'
import { selectedResources } from '#plugins/kubernetes/api/resource.ts'
import type { ServiceState } from '#plugins/kubernetes/index/delta.ts'
import { readManifest } from '#plugins/kubernetes/manifests/object.ts'

const selection = {
  labels: '',
  namespaceLabels: '',
  endpoints: true,
  pods: false,
  multicluster: false,
  podNames: false,
  podLabels: false,
  zones: false,
}
const services = selectedResources(selection).find(({ name }) => name === 'services')!

const metadata = { name: 'web', namespace: 'shop' }
const rows: [rule: string, object: ApiObject, externals: readonly string[] | undefined][] = [
  ['none', { metadata, spec: {} }, undefined],
  ['an empty status', { metadata, spec: {}, status: { loadBalancer: {} } }, undefined],
  ['external addresses', { metadata, spec: { externalIPs: ['192.0.2.1'] } }, ['192.0.2.1']],
  [
    'those of the load balancer after them, by address rather than name',
    {
      metadata,
      spec: { externalIPs: ['192.0.2.1'] },
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.2', hostname: 'a.test' }, { hostname: 'b.test' }, {}] } },
    },
    ['192.0.2.1', '192.0.2.2', 'b.test'],
  ],
]
for (const [rule, object, externals] of rows) {
  test(`external addresses from the API: ${rule}`, () => {
    assert.deepEqual((services.state(object) as ServiceState).externals, externals)
  })
}

test('an external address in a manifest is one', () => {
  const text =
    '{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { externalIPs: [x], ports: [{ port: 1 }] } }'
  const { errors } = readManifest(text, 'a.yaml')
  assert.match(errors.join(), /spec\.externalIPs\[0\]: 'x' is not an IP address/)
})
