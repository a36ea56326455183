import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ApiObject } from '#plugins/kubernetes/api/object.ts'
import type { Selection } from '#plugins/kubernetes/api/resource.ts'
import { keyOf, selectedResources } from '#plugins/kubernetes/api/resource.ts'
import type { SliceState } from '#plugins/kubernetes/index/delta.ts'

const EVERYTHING: Selection = {
  labels: '',
  namespaceLabels: '',
  endpoints: true,
  pods: true,
  podNames: true,
  podLabels: false,
  multicluster: true,
  zones: false,
}

/** What DNS needs of an object of a resource. */
function state(resource: string, object: ApiObject, selection: Selection = EVERYTHING): unknown {
  const found = selectedResources(selection).find(({ name }) => name === resource)
  return found?.state(object)
}

const metadata = { namespace: 'shop', name: 'web' }
const NAMED = { namespace: 'shop', name: 'web' }

describe('what is watched', () => {
  it('depends on the options', () => {
    const names = (selection: Partial<Selection>): string[] =>
      selectedResources({ ...EVERYTHING, ...selection }).map(({ name }) => name)
    const imported = ['serviceimports', 'imported-endpointslices']
    assert.deepEqual(names({ pods: false }), ['namespaces', 'services', 'endpointslices', ...imported])
    assert.deepEqual(names({ endpoints: false }), ['namespaces', 'services', 'pods', ...imported])
    assert.deepEqual(names({ multicluster: false }), ['namespaces', 'services', 'endpointslices', 'pods'])
  })

  it('is selected by the API server', () => {
    const resources = selectedResources({ ...EVERYTHING, labels: 'app in (a, b)', namespaceLabels: 'team=a' })
    assert.deepEqual(Object.fromEntries(resources.map(({ name, selectors }) => [name, selectors])), {
      namespaces: { labelSelector: 'team=a' },
      services: { labelSelector: 'app in (a, b)' },
      endpointslices: { labelSelector: 'app in (a, b)' },
      pods: {
        labelSelector: 'app in (a, b)',
        fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed,status.phase!=Unknown',
      },
      serviceimports: { labelSelector: 'team=a' },
      'imported-endpointslices': { labelSelector: 'app in (a, b),multicluster.kubernetes.io/service-name' },
    })
    const slices = selectedResources(EVERYTHING).find(({ name }) => name === 'imported-endpointslices')
    assert.deepEqual(slices?.selectors, { labelSelector: 'multicluster.kubernetes.io/service-name' })
  })
})

describe('a Service', () => {
  const rest = { ...NAMED, externalName: '', ports: [] }
  const cases: [rule: string, spec: NonNullable<ApiObject['spec']>, expected: object][] = [
    [
      'has its addresses in order',
      { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', 'fd00::1'] },
      { ...rest, kind: 'address', addresses: ['10.0.0.1', 'fd00::1'] },
    ],
    ['of an old server has one', { clusterIP: '10.0.0.1' }, { ...rest, kind: 'address', addresses: ['10.0.0.1'] }],
    ['may have none yet', { clusterIP: '' }, { ...rest, kind: 'address', addresses: [] }],
    ['is headless', { clusterIP: 'None', clusterIPs: ['None'] }, { ...rest, kind: 'headless', addresses: [] }],
    [
      'leads elsewhere',
      { type: 'ExternalName', externalName: 'example.org' },
      { ...rest, kind: 'external', addresses: [], externalName: 'example.org' },
    ],
    [
      'has ports',
      { clusterIP: 'None', ports: [{ port: 80 }, { name: 'dns', protocol: 'UDP', port: 53 }] },
      {
        ...rest,
        kind: 'headless',
        addresses: [],
        ports: [
          { name: '', protocol: 'TCP', port: 80 },
          { name: 'dns', protocol: 'UDP', port: 53 },
        ],
      },
    ],
  ]
  for (const [rule, spec, expected] of cases) {
    it(rule, () => assert.deepEqual(state('services', { metadata, spec }), expected))
  }
})

describe('an EndpointSlice', () => {
  const labelled = { ...metadata, name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } }

  it('has the endpoints that are ready or do not say', () => {
    const object: ApiObject = {
      metadata: labelled,
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }, { port: null }],
      endpoints: [
        { addresses: ['10.1.0.1'], conditions: { ready: true }, targetRef: { name: 'pod-1' } },
        { addresses: ['10.1.0.2'], conditions: { ready: false } },
        { addresses: ['10.1.0.3'], conditions: { ready: null }, hostname: 'h' },
        { addresses: ['10.1.0.4'] },
      ],
    }
    const slice = {
      namespace: 'shop',
      name: 'web-1',
      service: 'web',
      ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    }
    const endpoints = [
      { address: '10.1.0.1', hostname: '', podName: 'pod-1' },
      { address: '10.1.0.3', hostname: 'h', podName: '' },
      { address: '10.1.0.4', hostname: '', podName: '' },
    ]
    assert.deepEqual(state('endpointslices', object), { ...slice, endpoints })
    const unnamed = endpoints.map(endpoint => ({ ...endpoint, podName: '' }))
    assert.deepEqual(state('endpointslices', object, { ...EVERYTHING, podNames: false }), {
      ...slice,
      endpoints: unnamed,
    })
  })

  it('has the topology zones of its endpoints only when they are asked for', () => {
    const object: ApiObject = {
      metadata: labelled,
      endpoints: [
        { addresses: ['10.1.0.1', '10.1.0.2'], zone: 'EU-1a' },
        { addresses: ['10.1.0.3'], zone: null },
      ],
    }
    const zonesOf = (zones: boolean): unknown[] =>
      (state('endpointslices', object, { ...EVERYTHING, zones }) as SliceState).endpoints.map(each => each.zone ?? each)
    const without = (address: string) => ({ address, hostname: '', podName: '' })
    assert.deepEqual(zonesOf(true), ['eu-1a', 'eu-1a', without('10.1.0.3')])
    assert.deepEqual(zonesOf(false), ['10.1.0.1', '10.1.0.2', '10.1.0.3'].map(without))
  })

  it('of no service, or of names, is nothing to DNS', () => {
    assert.equal(state('endpointslices', { metadata, addressType: 'IPv4', endpoints: [] }), null)
    assert.equal(state('endpointslices', { metadata: labelled, addressType: 'FQDN', endpoints: [] }), null)
  })

  it('may have no endpoints and no ports', () => {
    const empty = { namespace: 'shop', name: 'web-1', service: 'web', ports: [], endpoints: [] }
    assert.deepEqual(state('endpointslices', { metadata: labelled, endpoints: null, ports: null }), empty)
  })
})

describe('a ServiceImport', () => {
  const rest = { ...NAMED, externalName: '', ports: [] }
  const cases: [rule: string, spec: NonNullable<ApiObject['spec']>, expected: object][] = [
    [
      'has its addresses',
      { type: 'ClusterSetIP', ips: ['10.42.0.1', 'fd42::1'] },
      { ...rest, kind: 'address', addresses: ['10.42.0.1', 'fd42::1'] },
    ],
    ['may have none yet', { type: 'ClusterSetIP' }, { ...rest, kind: 'address', addresses: [] }],
    [
      'is headless, whatever its addresses',
      { type: 'Headless', ips: ['10.42.0.1'] },
      { ...rest, kind: 'headless', addresses: [] },
    ],
    [
      'has ports',
      { type: 'Headless', ports: [{ port: 80 }] },
      { ...rest, kind: 'headless', addresses: [], ports: [{ name: '', protocol: 'TCP', port: 80 }] },
    ],
  ]
  for (const [rule, spec, expected] of cases) {
    it(rule, () => assert.deepEqual(state('serviceimports', { metadata, spec }), expected))
  }
})

describe('an EndpointSlice of another cluster', () => {
  const SERVICE = 'multicluster.kubernetes.io/service-name'
  const CLUSTER = 'multicluster.kubernetes.io/source-cluster'
  const of = (labels: Record<string, string>): unknown =>
    state(
      'imported-endpointslices',
      {
        metadata: { ...metadata, labels },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.1.0.1'], zone: 'eu-1a' }],
      },
      { ...EVERYTHING, zones: true },
    )
  const endpoints = [{ address: '10.1.0.1', hostname: '', podName: '' }]
  const rest = { ...NAMED, ports: [], endpoints }

  it('is of the service and the cluster that its labels name, and has no topology zones', () => {
    const labels = { [SERVICE]: 'db', [CLUSTER]: 'east', 'kubernetes.io/service-name': 'derived' }
    assert.deepEqual(of(labels), { ...rest, service: 'db', cluster: 'east' })
  })

  it('may name no cluster', () => {
    assert.deepEqual(of({ [SERVICE]: 'db' }), { ...rest, service: 'db', cluster: '' })
  })

  it('is nothing without a service', () => {
    assert.equal(of({ [CLUSTER]: 'east', 'kubernetes.io/service-name': 'db' }), null)
  })
})

describe('a Pod', () => {
  it('has an address', () => {
    assert.deepEqual(state('pods', { metadata, status: { podIP: '10.2.0.1' } }), { ...NAMED, ip: '10.2.0.1' })
    assert.equal(state('pods', { metadata }), null)
  })

  it('stays as it is known while it is being deleted', () => {
    const deleted = { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' }
    assert.equal(state('pods', { metadata: deleted, status: { podIP: '10.2.0.1' } }), undefined)
  })
})

describe('a Namespace', () => {
  it('has a name, which is its key', () => {
    const object = { metadata: { name: 'shop' } }
    assert.deepEqual(state('namespaces', object), { name: 'shop' })
    assert.equal(keyOf(object), 'shop')
    assert.equal(keyOf({ metadata }), 'shop/web')
  })
})
