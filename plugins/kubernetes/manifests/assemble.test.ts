import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SliceState } from '#plugins/kubernetes/index/delta.ts'
import { EVERY_OBJECT, parseLabelSelector } from '#plugins/kubernetes/label-selector.ts'
import type { Assembled, Selection } from '#plugins/kubernetes/manifests/assemble.ts'
import { assemble } from '#plugins/kubernetes/manifests/assemble.ts'
import { readManifest } from '#plugins/kubernetes/manifests/object.ts'

const EVERYTHING: Selection = {
  labels: EVERY_OBJECT,
  namespaceLabels: EVERY_OBJECT,
  endpoints: true,
  pods: true,
  podLabels: false,
  multicluster: true,
  zones: false,
}

const WEB = '{ apiVersion: v1, kind: Service, metadata: { name: web, labels: { a: "1" } }, spec: SPEC }'
const POD = (name: string, rest: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: web, tier: "1" } }, ${rest} }`
const ENDPOINTS = (metadata: string): string =>
  `{ apiVersion: v1, kind: Endpoints, metadata: { name: web, ${metadata} }, subsets: [
  { addresses: [{ ip: 10.1.0.1, hostname: a }], notReadyAddresses: [{ ip: 10.1.0.2 }], ports: [{ port: 80 }] },
  { addresses: [{ ip: 10.1.0.3, targetRef: { name: p } }], ports: [{ name: x, port: 81, protocol: UDP }] }] }`

function assembled(objects: readonly string[], selection: Partial<Selection> = {}): Assembled {
  const { objects: read, errors } = readManifest(objects.join('\n---\n'), 'x.yaml')
  assert.deepEqual(errors, [])
  return assemble(read, { ...EVERYTHING, ...selection })
}

function slicesOf({ states }: Assembled): SliceState[] {
  return [...states.values()].filter(({ kind }) => kind === 'slice').map(({ object }) => object as SliceState)
}

/** The addresses of all slices with their endpoint's name, and ports. */
function endpointsOf(result: Assembled): string[] {
  return slicesOf(result).map(({ ports, endpoints }) => {
    const addresses = endpoints.map(each => `${each.address}${each.hostname && `=${each.hostname}`}`)
    const numbers = ports.map(each => `${each.name}${each.port}/${each.protocol}`)
    return `${addresses.join(' ')} : ${numbers.join(' ')}`
  })
}

const selected: [rule: string, spec: string, pods: readonly string[], slices: readonly string[]][] = [
  [
    'pods that are ready, by all labels of the selector',
    'selector: { app: web, tier: "1" }, ports: [{ port: 80 }]',
    [
      POD('a', 'status: { podIP: 10.1.0.1, conditions: [{ type: Ready, status: "True" }] }'),
      POD('b', 'status: { podIP: 10.1.0.2, conditions: [{ type: Ready, status: "False" }] }'),
      POD('c', 'status: { podIP: 10.1.0.3, conditions: [] }'),
      '{ apiVersion: v1, kind: Pod, metadata: { name: d, labels: { app: web } }, status: { podIP: 10.1.0.4 } }',
      '{ apiVersion: v1, kind: Pod, metadata: { name: e, namespace: other, labels: { app: web, tier: "1" } }, status: { podIP: 10.1.0.5 } }',
    ],
    ['10.1.0.1 : 80/TCP'],
  ],
  [
    'a pod without status conditions counts as ready',
    'selector: { app: web }, ports: [{ port: 80 }]',
    [POD('a', 'status: { podIP: 10.1.0.1 }'), POD('b', 'spec: {}')],
    ['10.1.0.1 : 80/TCP'],
  ],
  [
    'publishNotReadyAddresses takes those that are not ready',
    'publishNotReadyAddresses: true, selector: { app: web }, ports: [{ port: 80 }]',
    [
      POD('a', 'status: { podIP: 10.1.0.1, conditions: [] }'),
      POD('b', 'status: { podIP: 10.1.0.2, phase: Succeeded }'),
    ],
    ['10.1.0.1 : 80/TCP'],
  ],
  [
    'a target port by number',
    'selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }]',
    [POD('a', 'status: { podIP: 10.1.0.1 }')],
    ['10.1.0.1 : 8080/TCP'],
  ],
  [
    'a target port by name is looked up in each pod',
    'selector: { app: web }, ports: [{ port: 80, targetPort: http }]',
    [
      POD('a', 'spec: { containers: [{ ports: [{ name: http, containerPort: 8080 }] }] }, status: { podIP: 10.1.0.1 }'),
      POD('b', 'spec: { containers: [{ ports: [{ name: http, containerPort: 8081 }] }] }, status: { podIP: 10.1.0.2 }'),
      POD('c', 'spec: { containers: [{ ports: [{ name: http, containerPort: 8080 }] }] }, status: { podIP: 10.1.0.3 }'),
      POD(
        'd',
        'spec: { containers: [{ ports: [{ name: http, protocol: UDP, containerPort: 1 }] }] }, status: { podIP: 10.1.0.4 }',
      ),
    ],
    ['10.1.0.1 10.1.0.3 : 8080/TCP', '10.1.0.2 : 8081/TCP', '10.1.0.4 : '],
  ],
  [
    'a hostname counts below the service that is the subdomain',
    'clusterIP: None, selector: { app: web }',
    [
      POD('a', 'spec: { hostname: h1, subdomain: web }, status: { podIP: 10.1.0.1 }'),
      POD('b', 'spec: { hostname: h2, subdomain: other }, status: { podIP: 10.1.0.2 }'),
      POD('c', 'spec: { hostname: h3 }, status: { podIP: 10.1.0.3 }'),
    ],
    ['10.1.0.1=h1 10.1.0.2 10.1.0.3 : '],
  ],
  [
    'both families when the Service has them',
    'clusterIP: None, ipFamilyPolicy: PreferDualStack, selector: { app: web }',
    [POD('a', 'status: { podIP: 10.1.0.1, podIPs: [{ ip: 10.1.0.1 }, { ip: "fd00::1" }] }')],
    ['10.1.0.1 fd00::1 : '],
  ],
  [
    'one family when it does not',
    'clusterIP: None, ipFamilies: [IPv6], selector: { app: web }',
    [POD('a', 'status: { podIP: 10.1.0.1, podIPs: [{ ip: 10.1.0.1 }, { ip: "fd00::1" }] }')],
    ['fd00::1 : '],
  ],
  [
    'a slice that is written down comes instead of the pods',
    'clusterIP: None, selector: { app: web }',
    [
      POD('a', 'status: { podIP: 10.1.0.1 }'),
      '{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: { name: s, labels: { kubernetes.io/service-name: web } }, addressType: IPv4, endpoints: [{ addresses: [10.1.0.9] }] }',
    ],
    ['10.1.0.9 : '],
  ],
  [
    'Endpoints of a Service with a selector are not mirrored',
    'clusterIP: None, selector: { app: web }',
    [ENDPOINTS('')],
    [],
  ],
  [
    'Endpoints of a Service without selector are',
    'clusterIP: None',
    [ENDPOINTS('')],
    ['10.1.0.1=a : 80/TCP', '10.1.0.3 : x81/UDP'],
  ],
  [
    'not with the label that says so',
    'clusterIP: None',
    [ENDPOINTS('labels: { endpointslice.kubernetes.io/skip-mirror: "true" }')],
    [],
  ],
  [
    'not when the controller of Endpoints made them',
    'clusterIP: None',
    [ENDPOINTS('labels: { endpoints.kubernetes.io/managed-by: endpoint-controller }')],
    [],
  ],
  [
    'not when they elect a leader',
    'clusterIP: None',
    [ENDPOINTS('annotations: { control-plane.alpha.kubernetes.io/leader: x }')],
    [],
  ],
  ['not for an ExternalName', 'type: ExternalName, externalName: a.b', [ENDPOINTS('')], []],
]

describe('assemble', () => {
  for (const [rule, spec, pods, expected] of selected) {
    it(`finds endpoints: ${rule}`, () => {
      assert.deepEqual(endpointsOf(assembled([WEB.replace('SPEC', `{ ${spec} }`), ...pods])), expected)
    })
  }

  it('knows a namespace that is declared or used', () => {
    const { states } = assembled([
      '{ apiVersion: v1, kind: Namespace, metadata: { name: a } }',
      '{ apiVersion: v1, kind: Pod, metadata: { name: p, namespace: b } }',
    ])
    assert.deepEqual([...states.keys()], ['namespace a', 'namespace b'])
  })

  it('selects namespaces by label, their name among them', () => {
    const objects = [
      '{ apiVersion: v1, kind: Namespace, metadata: { name: a, labels: { team: x } } }',
      '{ apiVersion: v1, kind: Pod, metadata: { name: p, namespace: b } }',
    ]
    const select = (text: string): string[] => {
      const namespaceLabels = parseLabelSelector(text)
      assert.ok(typeof namespaceLabels === 'function')
      return [...assembled(objects, { namespaceLabels }).states.keys()]
    }
    assert.deepEqual(select('team'), ['namespace a'])
    assert.deepEqual(select('!team'), ['namespace b'])
    assert.deepEqual(select('kubernetes.io/metadata.name=b'), ['namespace b'])
  })

  it('selects services, slices and pods by label; made slices have the labels of what they are made from', () => {
    const labels = parseLabelSelector('a=1')
    assert.ok(typeof labels === 'function')
    const objects = [
      WEB.replace('SPEC', '{ clusterIP: None, selector: { app: web } }'),
      WEB.replace('SPEC', '{ clusterIP: None }').replace('name: web', 'name: mirrored'),
      ENDPOINTS('labels: { a: "2" }').replace('name: web', 'name: mirrored'),
      POD('a', 'status: { podIP: 10.1.0.1 }'),
    ]
    const { states } = assembled(objects, { labels })
    assert.deepEqual(
      [...states.keys()].filter(key => !key.startsWith('namespace')),
      ['service default/web', 'service default/mirrored', 'slice default/web 0'],
    )
  })

  it('leaves out what the options have no use for', () => {
    const objects = [
      WEB.replace('SPEC', '{ clusterIP: None, selector: { app: web } }'),
      POD('a', 'status: { podIP: 10.1.0.1 }'),
    ]
    const { states } = assembled(objects, { endpoints: false, pods: false })
    assert.deepEqual([...states.keys()], ['namespace default', 'service default/web'])
  })

  const IMPORT = `{ apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceImport, metadata: { name: web, namespace: shop,
    labels: { team: a } }, spec: { type: TYPE, ips: [10.42.0.1], ports: [{ name: http, port: 80 }] } }`
  const IMPORTED_SLICE = `{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: { name: web-1, namespace: shop,
    labels: { multicluster.kubernetes.io/service-name: web, multicluster.kubernetes.io/source-cluster: east, a: "1" } },
    addressType: IPv4, ports: [{ name: http, port: 80 }], endpoints: [{ addresses: [10.1.0.1], hostname: h }] }`

  it('knows what other clusters have exported, and from which one its endpoints are', () => {
    const { states } = assembled([IMPORT.replace('TYPE', 'ClusterSetIP'), IMPORTED_SLICE])
    const ports = [{ name: 'http', protocol: 'TCP', port: 80 }]
    const rest = { namespace: 'shop', name: 'web', externalName: '', ports }
    assert.deepEqual(
      [...states.values()],
      [
        { kind: 'namespace', key: 'shop', object: { name: 'shop' } },
        { kind: 'import', key: 'shop/web', object: { ...rest, kind: 'address', addresses: ['10.42.0.1'] } },
        {
          kind: 'imported-slice',
          key: 'shop/web-1',
          object: {
            namespace: 'shop',
            name: 'web-1',
            service: 'web',
            cluster: 'east',
            ports,
            endpoints: [{ address: '10.1.0.1', hostname: 'h', podName: '' }],
          },
        },
      ],
    )
  })

  it('has a headless import without addresses', () => {
    const { states } = assembled([IMPORT.replace('TYPE', 'Headless')])
    const state = states.get('import shop/web')
    assert.ok(state?.kind === 'import')
    assert.deepEqual([state.object?.kind, state.object?.addresses], ['headless', []])
  })

  it('selects imports by the labels for namespaces, their slices by those for slices, and neither without multicluster', () => {
    const objects = [IMPORT.replace('TYPE', 'Headless'), IMPORTED_SLICE]
    const keys = (selection: Partial<Selection>): string[] =>
      [...assembled(objects, selection).states.keys()].filter(key => key.startsWith('import'))
    const selector = (text: string): Selection['labels'] => {
      const parsed = parseLabelSelector(text)
      assert.ok(typeof parsed === 'function')
      return parsed
    }
    assert.deepEqual(keys({}), ['import shop/web', 'imported-slice shop/web-1'])
    assert.deepEqual(keys({ namespaceLabels: selector('team=b') }), ['imported-slice shop/web-1'])
    assert.deepEqual(keys({ labels: selector('a=2') }), ['import shop/web'])
    assert.deepEqual(keys({ endpoints: false }), ['import shop/web', 'imported-slice shop/web-1'])
    assert.deepEqual(keys({ multicluster: false }), [])
  })

  it('has the topology zones of endpoints only when they have been read: those of slices, and of the Nodes of pods', () => {
    const objects = [
      WEB.replace('SPEC', '{ clusterIP: None, selector: { app: web } }'),
      WEB.replace('SPEC', '{ clusterIP: None }').replace('name: web', 'name: written'),
      POD('a', 'spec: { nodeName: n1.test }, status: { podIP: 10.1.0.1 }'),
      POD('b', 'spec: { nodeName: n2 }, status: { podIP: 10.1.0.2 }'),
      POD('c', 'status: { podIP: 10.1.0.3 }'),
      '{ apiVersion: v1, kind: Node, metadata: { name: n1.test, labels: { topology.kubernetes.io/zone: EU-1a } } }',
      '{ apiVersion: v1, kind: Node, metadata: { name: n2 } }',
      `{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4,
        metadata: { name: s, labels: { kubernetes.io/service-name: written } },
        endpoints: [{ addresses: [10.1.0.8, 10.1.0.9], zone: EU-1b }, { addresses: [10.1.0.10] }] }`,
    ]
    objects.push(IMPORTED_SLICE.replace('hostname: h', 'zone: EU-1c'))
    const zonesOf = (withZones: boolean): unknown => {
      const { objects: read, errors } = readManifest(objects.join('\n---\n'), 'x.yaml', withZones)
      assert.deepEqual(errors, [])
      const result = assemble(read, { ...EVERYTHING, zones: withZones })
      assert.deepEqual(
        [...result.states.keys()].filter(key => key.startsWith('namespace')),
        ['namespace default', 'namespace shop'],
      )
      const imported = result.states.get('imported-slice shop/web-1')
      assert.ok(imported?.kind === 'imported-slice')
      const endpoints = [...slicesOf(result), imported.object!].flatMap(slice => slice.endpoints)
      return endpoints.filter(each => Object.hasOwn(each, 'zone')).map(each => `${each.address} ${each.zone}`)
    }
    assert.deepEqual(zonesOf(true), ['10.1.0.8 eu-1b', '10.1.0.9 eu-1b', '10.1.0.1 eu-1a'])
    assert.deepEqual(zonesOf(false), [])
  })

  it('takes the last of two objects with one name, and says where both are', () => {
    const result = assembled([
      WEB.replace('SPEC', '{ clusterIP: 10.96.1.1, ports: [{ port: 80 }] }'),
      WEB.replace('SPEC', '{ clusterIP: 10.96.1.2, ports: [{ port: 80 }] }'),
    ])
    const state = result.states.get('service default/web')
    assert.ok(state?.kind === 'service')
    assert.deepEqual(state.object?.addresses, ['10.96.1.2'])
    assert.deepEqual(result.warnings, [
      'Service default/web is in x.yaml:1 and again in x.yaml:3: the second one counts',
    ])
  })

  it('warns of an address that two Services have', () => {
    const spec = '{ clusterIP: 10.96.1.1, ports: [{ port: 80 }] }'
    const objects = [WEB.replace('SPEC', spec), WEB.replace('SPEC', spec).replace('name: web', 'name: b')]
    assert.deepEqual(assembled(objects).warnings, ['10.96.1.1 is the address of two Services: x.yaml:1, x.yaml:3'])
  })
})
