import type { ApiObject, ObjectPort } from '#plugins/kubernetes/api/object.ts'
import type {
  Delta,
  EndpointState,
  ImportedSliceState,
  NamespaceState,
  PodState,
  PortState,
  ServiceState,
  SliceState,
} from '#plugins/kubernetes/index/delta.ts'
import { IMPORTED_SERVICE_LABEL, SOURCE_CLUSTER_LABEL } from '#plugins/kubernetes/mcs-labels.ts'

/** Which objects are asked for; selectors in the form that kubectl takes, empty for all. */
export interface Selection {
  /** Of services, endpointslices and pods. */
  readonly labels: string
  readonly namespaceLabels: string
  readonly endpoints: boolean
  readonly pods: boolean
  /** Whether endpoints go by their pods' names; else those are not kept. */
  readonly podNames: boolean
  /** Whether the labels of pods are kept. */
  readonly podLabels: boolean
  /** Whether there are multicluster zones. */
  readonly multicluster: boolean
  /** Whether the topology zones of endpoints are kept. */
  readonly zones: boolean
}

/** A kind of objects to list and watch. */
export interface Resource {
  /** What logs, metrics and snapshots call it. */
  readonly name: 'services' | 'endpointslices' | 'namespaces' | 'pods' | 'serviceimports' | 'imported-endpointslices'
  readonly path: string
  readonly kind: Delta['kind']
  /** What to do when the API server does not know the resource; such a resource has no objects. `null` if every server does. */
  readonly absence: string | null
  /** `labelSelector` and `fieldSelector`, if any. */
  readonly selectors: Readonly<Record<string, string>>
  /** The part of an object that DNS needs; `null` when it is nothing to DNS, `undefined` to leave things as they are. */
  state(object: ApiObject): NonNullable<Delta['object']> | null | undefined
}

const SERVICE_NAME_LABEL = 'kubernetes.io/service-name'
const SLICES_PATH = '/apis/discovery.k8s.io/v1/endpointslices'

/** The resources that a selection is made of. */
export function selectedResources(selection: Selection): readonly Resource[] {
  const labels = labelSelector(selection.labels)
  const slices: Resource = {
    name: 'endpointslices',
    path: SLICES_PATH,
    kind: 'slice',
    absence: null,
    selectors: labels,
    state: object => sliceState(object, selection, SERVICE_NAME_LABEL),
  }
  return [
    {
      name: 'namespaces',
      path: '/api/v1/namespaces',
      kind: 'namespace',
      absence: null,
      selectors: labelSelector(selection.namespaceLabels),
      state: namespaceState,
    },
    {
      name: 'services',
      path: '/api/v1/services',
      kind: 'service',
      absence: null,
      selectors: labels,
      state: serviceState,
    },
    ...(selection.endpoints ? [slices] : []),
    ...(selection.pods ? [podResource(labels, selection.podLabels)] : []),
    ...(selection.multicluster ? importedResources(selection) : []),
  ]
}

/** The key of an object among those of its resource. */
export function keyOf({ metadata }: ApiObject): string {
  const name = metadata?.name ?? ''
  return metadata?.namespace === undefined ? name : `${metadata.namespace}/${name}`
}

function labelSelector(text: string): Readonly<Record<string, string>> {
  return text === '' ? {} : { labelSelector: text }
}

function podResource(labels: Readonly<Record<string, string>>, withLabels: boolean): Resource {
  const fieldSelector = 'status.phase!=Succeeded,status.phase!=Failed,status.phase!=Unknown'
  return {
    name: 'pods',
    path: '/api/v1/pods',
    kind: 'pod',
    absence: null,
    selectors: { ...labels, fieldSelector },
    state: object => podState(object, withLabels),
  }
}

/** CoreDNS asks for ServiceImports with the labels of namespaces, and for imported slices whatever `noendpoints` says. */
function importedResources({ labels, namespaceLabels, podNames }: Selection): readonly Resource[] {
  return [
    {
      name: 'serviceimports',
      path: '/apis/multicluster.x-k8s.io/v1alpha1/serviceimports',
      kind: 'import',
      absence: "install the ServiceImport CRD of the MCS API (v1alpha1), or leave out 'multicluster'",
      selectors: labelSelector(namespaceLabels),
      state: importState,
    },
    {
      name: 'imported-endpointslices',
      path: SLICES_PATH,
      kind: 'imported-slice',
      absence: null,
      selectors: labelSelector(labels === '' ? IMPORTED_SERVICE_LABEL : `${labels},${IMPORTED_SERVICE_LABEL}`),
      state: object => importedSliceState(object, podNames),
    },
  ]
}

function namespaceState({ metadata }: ApiObject): NamespaceState {
  return { name: metadata?.name ?? '' }
}

function serviceState({ metadata, spec, status }: ApiObject): ServiceState {
  const addresses = spec?.clusterIPs?.length ? spec.clusterIPs : [spec?.clusterIP ?? '']
  const isExternal = spec?.type === 'ExternalName'
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || (hostname ?? ''))
  const externals = [...(spec?.externalIPs ?? []), ...ingress].filter(text => text !== '')
  const kind = isExternal ? 'external' : addresses[0] === 'None' ? 'headless' : 'address'
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    kind,
    addresses: kind === 'address' ? addresses.filter(address => address !== '') : [],
    externalName: isExternal ? (spec.externalName ?? '') : '',
    ports: ports(spec?.ports),
    ...(externals.length === 0 ? {} : { externals }),
  }
}

/** Any type but Headless has an address, or will have one. */
function importState({ metadata, spec }: ApiObject): ServiceState {
  const isHeadless = spec?.type === 'Headless'
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    kind: isHeadless ? 'headless' : 'address',
    addresses: isHeadless ? [] : (spec?.ips ?? []),
    externalName: '',
    ports: ports(spec?.ports),
  }
}

/** Multicluster zones have no names by topology zone. */
function importedSliceState(object: ApiObject, podNames: boolean): ImportedSliceState | null {
  const slice = sliceState(object, { podNames, zones: false }, IMPORTED_SERVICE_LABEL)
  return slice === null ? null : { ...slice, cluster: object.metadata?.labels?.[SOURCE_CLUSTER_LABEL] ?? '' }
}

/** A slice that belongs to no service, or whose addresses are names, is nothing to DNS. `nameLabel` names its service. */
function sliceState(
  object: ApiObject,
  { podNames, zones }: Pick<Selection, 'podNames' | 'zones'>,
  nameLabel: string,
): SliceState | null {
  const { metadata, addressType } = object
  const service = metadata?.labels?.[nameLabel] ?? ''
  if (service === '' || addressType === 'FQDN') return null
  const endpoints: EndpointState[] = []
  for (const endpoint of object.endpoints ?? []) {
    if (endpoint.conditions?.ready === false) continue
    const hostname = endpoint.hostname ?? ''
    const podName = podNames ? (endpoint.targetRef?.name ?? '') : ''
    const zone = zones ? (endpoint.zone ?? '').toLowerCase() : ''
    const rest = zone === '' ? { hostname, podName } : { hostname, podName, zone }
    for (const address of endpoint.addresses ?? []) endpoints.push({ address, ...rest })
  }
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    service,
    ports: ports(object.ports),
    endpoints,
  }
}

/** A pod on its way out stays as it is known until it is gone. */
function podState({ metadata, status }: ApiObject, withLabels: boolean): PodState | null | undefined {
  if (metadata?.deletionTimestamp !== undefined) return undefined
  const ip = status?.podIP ?? ''
  if (ip === '') return null
  const pod = { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '', ip }
  return withLabels ? { ...pod, labels: metadata?.labels ?? {} } : pod
}

/** A port without a number stands for all ports: there is nothing in it for an SRV record. */
function ports(list: readonly ObjectPort[] | null | undefined): PortState[] {
  const states: PortState[] = []
  for (const { name = '', protocol = 'TCP', port } of list ?? []) {
    if (typeof port === 'number') states.push({ name, protocol, port })
  }
  return states
}
