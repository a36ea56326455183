import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ManifestObject } from '#plugins/kubernetes/manifests/object.ts'
import { readManifest } from '#plugins/kubernetes/manifests/object.ts'

const service = (spec: string, metadata = 'name: web'): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  ${metadata}\nspec:\n${spec}\n`

const slice = (body: string): string =>
  `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: web-1\n${body}\n`

const serviceImport = (spec: string, name = 'web'): string =>
  `apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceImport\nmetadata: { name: ${name} }\nspec:\n  ${spec}\n`

const errors: [rule: string, text: string, errors: readonly string[]][] = [
  [
    'a file is YAML',
    'apiVersion: v1\nkind: [\n',
    ['x.yaml:3: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ],
  ['a key is written once', 'apiVersion: v1\nkind: Pod\nkind: Pod\n', ['x.yaml:3: Map keys must be unique']],
  [
    'an object has a kind',
    'apiVersion: v1\nmetadata:\n  name: web\n',
    ['x.yaml:1: kind is missing from an object with apiVersion v1'],
  ],
  [
    'an object has a version',
    '# first\nkind: Service\n',
    ['x.yaml:2: apiVersion is missing from an object of kind Service'],
  ],
  [
    'an object has a name',
    'apiVersion: v1\nkind: Service\nmetadata:\n  labels: {}\n',
    ['x.yaml:4: metadata.name: is missing'],
  ],
  [
    'a name is one',
    service('  ports: [{ port: 80 }]', 'name: We_b'),
    ["x.yaml:4: metadata.name: 'We_b' is not a name: a-z, 0-9, '-' and '.' make one"],
  ],
  [
    "a Service's name is a label",
    service('  ports: [{ port: 80 }]', 'name: we.b'),
    ["x.yaml:4: metadata.name: 'we.b' is not a DNS label: at most 63 of a-z, 0-9 and '-'"],
  ],
  [
    'a namespace is a label',
    service('  ports: [{ port: 80 }]', 'name: web\n  namespace: a.b'),
    ["x.yaml:5: metadata.namespace: 'a.b' is not a DNS label: at most 63 of a-z, 0-9 and '-'"],
  ],
  ['a name is a string', service('  ports: [{ port: 80 }]', 'name: 12'), ['x.yaml:4: metadata.name: must be a string']],
  [
    'labels are strings',
    service('  ports: []', 'name: web\n  labels:\n    a: "1"\n    b: 1'),
    ['x.yaml:7: metadata.labels.b: must be a string'],
  ],
  ['a Service has a spec', 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\n', ['x.yaml:1: spec: is missing']],
  [
    'a type is known',
    service('  type: Clusterip'),
    ["x.yaml:6: spec.type: 'Clusterip' is not one of ClusterIP, NodePort, LoadBalancer, ExternalName"],
  ],
  [
    'an address is one',
    service('  clusterIP: 10.96.0.256\n  ports: [{ port: 80 }]'),
    ["x.yaml:6: spec.clusterIP: '10.96.0.256' is not an IP address, None or empty"],
  ],
  [
    'clusterIP begins clusterIPs',
    service('  clusterIP: 10.96.0.1\n  clusterIPs: [10.96.0.2]\n  ports: [{ port: 80 }]'),
    ['x.yaml:6: spec.clusterIP: must be the first of spec.clusterIPs'],
  ],
  [
    'two addresses are of two families',
    service('  clusterIPs: [10.96.0.1, 10.96.0.2]\n  ports: [{ port: 80 }]'),
    ['x.yaml:6: spec.clusterIPs: has two addresses of one family'],
  ],
  [
    'two addresses are all',
    service('  clusterIPs: [10.96.0.1, "fd00::1", "fd00::2"]\n  ports: [{ port: 80 }]'),
    ['x.yaml:6: spec.clusterIPs: has more than two addresses'],
  ],
  [
    'None is for type ClusterIP',
    service('  type: NodePort\n  clusterIP: None'),
    ['x.yaml:7: spec.clusterIP: None is not for type NodePort'],
  ],
  [
    'an ExternalName has no address',
    service('  type: ExternalName\n  externalName: a.b\n  clusterIP: 10.96.0.1'),
    ['x.yaml:8: spec.clusterIP: is not for type ExternalName'],
  ],
  ['an ExternalName has a name', service('  type: ExternalName'), ['x.yaml:6: spec.externalName: is missing']],
  [
    'an external name is a domain name',
    service('  type: ExternalName\n  externalName: a..b'),
    ["x.yaml:7: spec.externalName: 'a..b' is not a domain name"],
  ],
  [
    'a Service with an address has a port',
    service('  selector:\n    app: web'),
    ['x.yaml:6: spec.ports: is missing: a Service with a cluster address needs a port'],
  ],
  [
    'a port is a number',
    service('  ports:\n    - name: a\n      port: http'),
    ['x.yaml:8: spec.ports[0].port: "http" is not a port number (1 to 65535)'],
  ],
  [
    'a port is in range',
    service('  ports:\n    - port: 65536'),
    ['x.yaml:7: spec.ports[0].port: 65536 is not a port number (1 to 65535)'],
  ],
  ['a port has a number', service('  ports:\n    - name: http'), ['x.yaml:7: spec.ports[0].port: is missing']],
  [
    'a protocol is known',
    service('  ports:\n    - port: 80\n      protocol: tcp'),
    ["x.yaml:8: spec.ports[0].protocol: 'tcp' is not one of TCP, UDP, SCTP"],
  ],
  [
    'several ports have names',
    service('  ports:\n    - port: 80\n      name: a\n    - port: 81'),
    ['x.yaml:9: spec.ports[1].name: is missing: one of several ports needs a name'],
  ],
  [
    'port names differ',
    service('  ports:\n    - { port: 80, name: a }\n    - { port: 81, name: a }'),
    ["x.yaml:8: spec.ports[1].name: 'a' is the name of another port"],
  ],
  [
    'ports differ',
    service('  ports:\n    - { port: 80, name: a }\n    - { port: 80, name: b }'),
    ["x.yaml:8: spec.ports[1].port: 80/TCP is another port's"],
  ],
  [
    'a port name is a label',
    service('  ports:\n    - { port: 80, name: Http_ }'),
    ["x.yaml:7: spec.ports[0].name: 'Http_' is not a DNS label: at most 63 of a-z, 0-9 and '-'"],
  ],
  [
    'a target port is a port or a name',
    service('  ports:\n    - { port: 80, targetPort: 0 }'),
    ['x.yaml:7: spec.ports[0].targetPort: 0 is not a port number (1 to 65535)'],
  ],
  [
    'a family is known',
    service('  ipFamilies: [IPv5]\n  ports: [{ port: 80 }]'),
    ["x.yaml:6: spec.ipFamilies[0]: 'IPv5' is not one of IPv4, IPv6"],
  ],
  [
    'a family is named once',
    service('  ipFamilies: [IPv4, IPv4]\n  ports: [{ port: 80 }]'),
    ['x.yaml:6: spec.ipFamilies: names a family twice'],
  ],
  [
    'families agree with the address',
    service('  ipFamilies: [IPv6]\n  clusterIP: 10.96.0.1\n  ports: [{ port: 80 }]'),
    ['x.yaml:6: spec.ipFamilies: does not agree with the address 10.96.0.1'],
  ],
  [
    'a policy is known',
    service('  ipFamilyPolicy: Dual\n  ports: [{ port: 80 }]'),
    ["x.yaml:6: spec.ipFamilyPolicy: 'Dual' is not one of SingleStack, PreferDualStack, RequireDualStack"],
  ],
  [
    'a single stack has one family',
    service('  ipFamilyPolicy: SingleStack\n  ipFamilies: [IPv4, IPv6]\n  ports: [{ port: 80 }]'),
    ['x.yaml:6: spec.ipFamilyPolicy: SingleStack has one family'],
  ],
  [
    'a boolean is one',
    service('  publishNotReadyAddresses: "yes"\n  clusterIP: None'),
    ['x.yaml:6: spec.publishNotReadyAddresses: must be true or false'],
  ],
  ['a slice has an address type', slice('endpoints: []'), ['x.yaml:1: addressType: is missing: IPv4 or IPv6']],
  [
    'slice addresses are of that type',
    slice('addressType: IPv4\nendpoints:\n- addresses:\n  - "fd00::1"'),
    ["x.yaml:8: endpoints[0].addresses[0]: 'fd00::1' is not an IPv4 address"],
  ],
  ['endpoints are a list', slice('addressType: IPv4\nendpoints: {}'), ['x.yaml:6: endpoints: must be a list']],
  [
    'an endpoint is a mapping',
    slice('addressType: IPv4\nendpoints: [10.0.0.1]'),
    ['x.yaml:6: endpoints[0]: must be a mapping'],
  ],
  [
    'an Endpoints address is one',
    'apiVersion: v1\nkind: Endpoints\nmetadata: { name: web }\nsubsets:\n- addresses:\n  - ip: localhost\n',
    ["x.yaml:6: subsets[0].addresses[0].ip: 'localhost' is not an IP address"],
  ],
  [
    'a pod address is one',
    'apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nstatus:\n  podIP: none\n',
    ["x.yaml:5: status.podIP: 'none' is not an IP address"],
  ],
  [
    'an import has a type',
    serviceImport('ips: [10.42.0.1]'),
    ['x.yaml:5: spec.type: is missing: ClusterSetIP or Headless'],
  ],
  [
    'of two kinds',
    serviceImport('type: ClusterIP'),
    ["x.yaml:5: spec.type: 'ClusterIP' is not one of ClusterSetIP, Headless"],
  ],
  [
    'its addresses are some',
    serviceImport('type: ClusterSetIP\n  ips: [10.42.0.1, web]'),
    ["x.yaml:6: spec.ips[1]: 'web' is not an IP address"],
  ],
  [
    'one for each family',
    serviceImport('type: ClusterSetIP\n  ips: [10.42.0.1, 10.42.0.2]'),
    ['x.yaml:6: spec.ips: has two addresses of one family'],
  ],
  [
    'and no more',
    serviceImport('type: ClusterSetIP\n  ips: [10.42.0.1, "fd42::1", 10.42.0.2]'),
    ['x.yaml:6: spec.ips: has more than two addresses'],
  ],
  [
    'its ports have numbers',
    serviceImport('type: Headless\n  ports: [{ name: http }]'),
    ['x.yaml:6: spec.ports[0].port: is missing'],
  ],
  [
    'its name is a label',
    serviceImport('type: Headless', 'we.b'),
    ["x.yaml:3: metadata.name: 'we.b' is not a DNS label: at most 63 of a-z, 0-9 and '-'"],
  ],
  [
    'every object with an error is told, lists included',
    `${service('  type: A')}---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: b\n  spec:\n    type: B\n`,
    [
      "x.yaml:6: spec.type: 'A' is not one of ClusterIP, NodePort, LoadBalancer, ExternalName",
      "x.yaml:16: spec.type: 'B' is not one of ClusterIP, NodePort, LoadBalancer, ExternalName",
    ],
  ],
]

const kinds: [rule: string, text: string, objects: readonly string[]][] = [
  ['an empty file has no objects', '', []],
  ['comments and empty documents are passed over', '---\n# nothing\n---\n---\n', []],
  ['other kinds are passed over', 'apiVersion: apps/v1\nkind: Deployment\nspec: { replicas: x }\n', []],
  ['kinds of other groups are passed over', 'apiVersion: serving.knative.dev/v1\nkind: Service\n', []],
  ['what is no object is passed over', 'name: values\n---\n- a\n---\ntext\n', []],
  [
    'several documents',
    `${service('  clusterIP: None')}---\n${service('  clusterIP: None', 'name: b')}`,
    ['Service default/web', 'Service default/b'],
  ],
  [
    'a List',
    'apiVersion: v1\nkind: List\nitems:\n- { apiVersion: v1, kind: Namespace, metadata: { name: a } }\n',
    ['Namespace a'],
  ],
  [
    'a typed list whose items do not repeat their kind',
    'apiVersion: v1\nkind: ServiceList\nitems:\n- { metadata: { name: a }, spec: { clusterIP: None } }\n',
    ['Service default/a'],
  ],
  [
    'a list of slices',
    'apiVersion: discovery.k8s.io/v1\nkind: EndpointSliceList\nitems:\n- { metadata: { name: a }, addressType: IPv4 }\n',
    ['EndpointSlice default/a'],
  ],
  [
    'imports of the version that the MCS API has, no other',
    `${serviceImport('type: Headless')}---\n${serviceImport('type: Headless', 'b').replace('v1alpha1', 'v2')}`,
    ['ServiceImport default/web'],
  ],
  [
    'anchors and merges',
    'apiVersion: v1\nkind: Pod\nmetadata:\n  <<: &m { name: a }\n---\napiVersion: v1\nkind: Pod\nmetadata: { name: b, labels: &l { x: "1" }, annotations: *l }\n',
    ['Pod default/a', 'Pod default/b'],
  ],
]

describe('readManifest', () => {
  for (const [rule, text, expected] of errors) {
    it(`${rule}, or the error says where it is not`, () => {
      const read = readManifest(text, 'x.yaml')
      assert.deepEqual(
        read.errors.map(error => error.message),
        expected,
      )
      assert.deepEqual(read.objects, [])
    })
  }
  for (const [rule, text, expected] of kinds) {
    it(`reads objects: ${rule}`, () => {
      const read = readManifest(text, 'x.yaml')
      assert.deepEqual(read.errors, [])
      assert.deepEqual(read.objects.map(title), expected)
    })
  }

  it('finds the lines of JSON too', () => {
    const text =
      '{\n "apiVersion": "v1",\n "kind": "Service",\n "metadata": {"name": "a"},\n "spec": {\n  "type": "X"\n }\n}\n'
    assert.match(readManifest(text, 'x.json').errors[0]!.message, /^x\.json:6: spec\.type: 'X' is not one of /)
    assert.match(readManifest('{\n "kind": [\n', 'x.json').errors[0]!.message, /^x\.json:\d: /)
  })

  it('stops at aliases that multiply', () => {
    const text = `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(20)}]\nc: &c [${'*b,'.repeat(20)}]\nd: [${'*c,'.repeat(20)}]\n`
    assert.match(readManifest(text, 'x.yaml').errors[0]!.message, /^x\.yaml:1: Excessive alias count/)
  })

  it('leaves endpoints out that are not ready, and ports that have no number', () => {
    const read = readManifest(
      slice(
        'addressType: IPv4\nports: [{ name: all }, { port: 80 }]\nendpoints:\n' +
          '- { addresses: [10.0.0.1], conditions: { ready: false } }\n' +
          '- { addresses: [10.0.0.2], conditions: { ready: null } }\n- { addresses: [10.0.0.3, 10.0.0.4] }',
      ),
      'x.yaml',
    ).objects[0]
    assert.ok(read?.kind === 'EndpointSlice')
    assert.deepEqual(
      read.endpoints.map(endpoint => endpoint.address),
      ['10.0.0.2', '10.0.0.3', '10.0.0.4'],
    )
    assert.deepEqual(read.ports, [{ name: '', protocol: 'TCP', port: 80 }])
  })
})

function title({ kind, metadata }: ManifestObject): string {
  return `${kind} ${metadata.namespace === '' ? '' : `${metadata.namespace}/`}${metadata.name}`
}
