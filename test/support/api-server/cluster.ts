import type { ApiObject } from '#test/support/api-server/object.ts'

/** How large a cluster is made. */
export interface ClusterSize {
  readonly services: number
  /** EndpointSlices, each of the service with the same number. */
  readonly slices: number
  readonly endpointsPerSlice: number
  readonly pods: number
}

/** Services share so many namespaces. */
const NAMESPACES = 100

/** A cluster of the size that large deployments reach. */
export const LARGE_CLUSTER: ClusterSize = { services: 10_000, slices: 1000, endpointsPerSlice: 100, pods: 0 }

/** Every object of a made-up cluster: namespaces first. */
export function* generateCluster({ services, slices, endpointsPerSlice, pods }: ClusterSize): Generator<ApiObject> {
  for (let i = 0; i < Math.min(NAMESPACES, Math.max(services, 1)); i++) yield namespace(`ns-${i}`)
  for (let i = 0; i < services; i++) yield generatedService(i)
  for (let i = 0; i < slices; i++) yield generatedSlice(i, endpointsPerSlice, 0)
  for (let i = 0; i < pods; i++) yield generatedPod(i)
}

/** Name and namespace of generated service `i`, as its labels in DNS. */
export function generatedName(i: number): string {
  return `svc-${i}.ns-${i % NAMESPACES}`
}

/** Service `i`; those that have a slice by default (every tenth) are headless in no case, so that each has an address. */
export function generatedService(i: number): ApiObject {
  const [name, space] = generatedName(i).split('.') as [string, string]
  const ports = [
    { name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 },
    { name: 'metrics', protocol: 'TCP', port: 9090, targetPort: 9090 },
  ]
  return service(space, name, `10.96.${i >> 8}.${i & 0xff}`, { ports, selector: { app: name }, ...SERVICE_DEFAULTS })
}

/** Slice `i` of service `i`; another `generation` has other addresses for its last endpoint. */
export function generatedSlice(i: number, endpoints: number, generation: number): ApiObject {
  const [name, space] = generatedName(i).split('.') as [string, string]
  const list = Array.from({ length: endpoints }, (_, at) => ({
    addresses: [at === endpoints - 1 ? address(172, generation) : address(10, (4 << 20) + i * endpoints + at)],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `node-${(i * 7 + at) % 500}`,
    targetRef: { kind: 'Pod', namespace: space, name: `${name}-5d9c7b8f6d-${at}`, uid: uid(i * endpoints + at) },
    zone: `zone-${at % 3}`,
  }))
  const metadata = {
    name: `${name}-abcde`,
    namespace: space,
    labels: {
      app: name,
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      'kubernetes.io/service-name': name,
    },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid: uid(i), controller: true }],
    managedFields: managedFields('kube-controller-manager', ['addressType', 'endpoints', 'ports']),
  }
  const ports = [
    { name: 'http', protocol: 'TCP', port: 8080 },
    { name: 'metrics', protocol: 'TCP', port: 9090 },
  ]
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata,
    addressType: 'IPv4',
    endpoints: list,
    ports,
  }
}

/** Pod `i`, running. */
export function generatedPod(i: number): ApiObject {
  const metadata = {
    name: `pod-${i}`,
    namespace: `ns-${i % NAMESPACES}`,
    labels: { app: `app-${i % 1000}`, 'pod-template-hash': '5d9c7b8f6d' },
    managedFields: managedFields('kubelet', ['status', 'conditions', 'containerStatuses', 'podIP']),
  }
  const podIP = address(10, (8 << 20) + i)
  const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], hostIP: '192.0.2.1', qosClass: 'Burstable' }
  const spec = { nodeName: `node-${i % 500}`, containers: [{ name: 'app', image: 'registry.example/app:1.2.3' }] }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec, status }
}

/** A namespace. */
export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): ApiObject {
  const metadata = { name, labels: { 'kubernetes.io/metadata.name': name, ...labels } }
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata,
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }
}

/** A service with a cluster address, or `None`. */
export function service(space: string, name: string, clusterIP: string, spec: object = {}): ApiObject {
  const metadata = {
    name,
    namespace: space,
    managedFields: managedFields('kubectl-client-side-apply', ['spec', 'ports']),
  }
  const ports = [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }]
  const whole = { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports, ...spec }
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: whole, status: { loadBalancer: {} } }
}

/** A slice of a service, with ready endpoints at some addresses. */
export function slice(
  space: string,
  name: string,
  of: string,
  addresses: readonly string[],
  more: object = {},
): ApiObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: space, labels: { 'kubernetes.io/service-name': of } },
    addressType: 'IPv4',
    endpoints: addresses.map(each => ({ addresses: [each], conditions: { ready: true } })),
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    ...more,
  }
}

/** A service that other clusters have exported, with its addresses; headless with none. */
export function serviceImport(space: string, name: string, ips: readonly string[]): ApiObject {
  const type = ips.length === 0 ? 'Headless' : 'ClusterSetIP'
  return {
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ServiceImport',
    metadata: { name, namespace: space },
    spec: { type, ips, ports: [{ name: 'http', protocol: 'TCP', port: 80 }] },
    status: { clusters: [{ cluster: 'east' }] },
  }
}

/** A slice of such a service from a cluster, with ready endpoints at some addresses. */
export function importedSlice(space: string, of: string, cluster: string, addresses: readonly string[]): ApiObject {
  const name = `imported-${of}-${cluster}`
  const labels = {
    'multicluster.kubernetes.io/service-name': of,
    'multicluster.kubernetes.io/source-cluster': cluster,
  }
  return slice(space, name, of, addresses, { metadata: { name, namespace: space, labels } })
}

/** A pod with an address. */
export function pod(space: string, name: string, podIP: string, phase = 'Running'): ApiObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: space }, spec: {}, status: { phase, podIP } }
}

const SERVICE_DEFAULTS = {
  sessionAffinity: 'None',
  internalTrafficPolicy: 'Cluster',
  ipFamilies: ['IPv4'],
  ipFamilyPolicy: 'SingleStack',
}

/** What servers note about who set which field: a large part of real objects, of no use to DNS. */
function managedFields(manager: string, fields: readonly string[]): unknown[] {
  const fieldsV1 = {
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
    ...Object.fromEntries(fields.map(each => [`f:${each}`, {}])),
  }
  return [
    { manager, operation: 'Update', apiVersion: 'v1', time: '2026-01-01T00:00:00Z', fieldsType: 'FieldsV1', fieldsV1 },
  ]
}

function uid(i: number): string {
  return `00000000-0000-4000-9000-${String(i).padStart(12, '0')}`
}

function address(first: number, rest: number): string {
  return `${first}.${(rest >> 16) & 0xff}.${(rest >> 8) & 0xff}.${rest & 0xff}`
}
