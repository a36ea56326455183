import type { Delta, ServiceState, SliceState } from '#plugins/kubernetes/index/delta.ts'
import type { LabelSelector } from '#plugins/kubernetes/label-selector.ts'
import type { ManifestSlice } from '#plugins/kubernetes/manifests/endpoint-slice.ts'
import type { ManifestEndpoints } from '#plugins/kubernetes/manifests/endpoints.ts'
import { importDeltas } from '#plugins/kubernetes/manifests/imports.ts'
import type { Metadata } from '#plugins/kubernetes/manifests/metadata.ts'
import type { ManifestObject } from '#plugins/kubernetes/manifests/object.ts'
import { PodsByLabel, selectedEndpoints } from '#plugins/kubernetes/manifests/selected-endpoints.ts'
import type { ManifestService } from '#plugins/kubernetes/manifests/service.ts'
import { clusterAddresses } from '#plugins/kubernetes/manifests/service-address.ts'

/** Which objects the index is to have. */
export interface Selection {
  /** Of Services, EndpointSlices and Pods. */
  readonly labels: LabelSelector
  readonly namespaceLabels: LabelSelector
  readonly endpoints: boolean
  readonly pods: boolean
  /** Whether the labels of pods are kept. */
  readonly podLabels: boolean
  /** Whether there are multicluster zones. */
  readonly multicluster: boolean
  /** Whether the topology zones of endpoints are read from the files. */
  readonly zones: boolean
}

/** A cluster as its manifests describe it. */
export interface Assembled {
  /** The state of every object by kind and key. */
  readonly states: ReadonlyMap<string, Delta>
  /** What is odd about it, in words. */
  readonly warnings: readonly string[]
}

const METADATA_NAME_LABEL = 'kubernetes.io/metadata.name'
const SKIP_MIRROR_LABEL = 'endpointslice.kubernetes.io/skip-mirror'
const MANAGED_BY_LABEL = 'endpoints.kubernetes.io/managed-by'
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader'

/**
 * Does what the API server and its controllers would do with the objects of all files: gives Services their addresses,
 * makes slices of selectors and Endpoints, and knows a namespace that only other objects name. Of objects with the same
 * name the last one counts.
 */
export function assemble(objects: readonly ManifestObject[], selection: Selection): Assembled {
  const warnings: string[] = []
  const unique = [...uniqueObjects(objects, warnings).values()]
  const states = new Map<string, Delta>()
  const put = (delta: Delta): void => void states.set(`${delta.kind} ${delta.key}`, delta)
  for (const name of namespaces(unique, selection.namespaceLabels)) {
    put({ kind: 'namespace', key: name, object: { name } })
  }
  const services = unique.filter(object => object.kind === 'Service')
  const addresses = clusterAddresses(services)
  warnAboutSharedAddresses(services, warnings)
  for (const service of services.filter(({ metadata }) => selection.labels(metadata.labels))) {
    const object = serviceState(service, addresses.get(service) ?? [])
    put({ kind: 'service', key: keyOf(service.metadata), object })
  }
  for (const { labels, state } of selection.endpoints ? slices(unique, services) : []) {
    if (selection.labels(labels)) put({ kind: 'slice', key: keyOf(state), object: state })
  }
  for (const { kind, metadata, ...pod } of selection.pods ? unique.filter(object => object.kind === 'Pod') : []) {
    if (pod.ip === '' || pod.isOver || metadata.isDeleting || !selection.labels(metadata.labels)) continue
    const { namespace, name, labels } = metadata
    const object = { namespace, name, ip: pod.ip, ...(selection.podLabels ? { labels } : {}) }
    put({ kind: 'pod', key: keyOf(metadata), object })
  }
  for (const delta of selection.multicluster ? importDeltas(unique, selection) : []) put(delta)
  return { states, warnings }
}

function uniqueObjects(objects: readonly ManifestObject[], warnings: string[]): Map<string, ManifestObject> {
  const unique = new Map<string, ManifestObject>()
  for (const object of objects) {
    const key = `${object.kind} ${keyOf(object.metadata)}`
    const before = unique.get(key)
    if (before !== undefined) {
      const place = object.metadata.place
      warnings.push(`${key} is in ${before.metadata.place} and again in ${place}: the second one counts`)
    }
    unique.set(key, object)
  }
  return unique
}

/** The namespaces that are declared or used and have the labels asked for; one that is only used has no more than its name. */
function namespaces(objects: readonly ManifestObject[], selector: LabelSelector): string[] {
  const labels = new Map<string, Metadata['labels']>()
  for (const { kind, metadata } of objects) {
    if (kind === 'Namespace') labels.set(metadata.name, metadata.labels)
    else if (kind !== 'Node' && !labels.has(metadata.namespace)) labels.set(metadata.namespace, {})
  }
  return [...labels].filter(([name, own]) => selector({ ...own, [METADATA_NAME_LABEL]: name })).map(([name]) => name)
}

function serviceState(service: ManifestService, addresses: readonly string[]): ServiceState {
  const { metadata, type, isHeadless, externalName, externals, ports } = service
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    kind: type === 'ExternalName' ? 'external' : isHeadless ? 'headless' : 'address',
    addresses,
    externalName,
    ports: ports.map(({ name, protocol, port }) => ({ name, protocol, port })),
    ...(externals.length === 0 ? {} : { externals }),
  }
}

interface LabelledSlice {
  readonly labels: Metadata['labels']
  readonly state: SliceState
}

/** The slices that are written down, and those that the controllers would make for Services that have none of them. */
function slices(objects: readonly ManifestObject[], services: readonly ManifestService[]): LabelledSlice[] {
  const written = objects.filter(object => object.kind === 'EndpointSlice').filter(({ service }) => service !== '')
  const withSlices = new Set(written.map(({ metadata, service }) => `${metadata.namespace}/${service}`))
  const endpoints = new Map(
    objects.filter(object => object.kind === 'Endpoints').map(object => [keyOf(object.metadata), object]),
  )
  const pods = new PodsByLabel(objects.filter(object => object.kind === 'Pod'))
  const zones = new Map(
    objects.filter(object => object.kind === 'Node').map(({ metadata, zone }) => [metadata.name, zone]),
  )
  const made = services
    .filter(service => service.type !== 'ExternalName' && !withSlices.has(keyOf(service.metadata)))
    .flatMap(service => madeSlices(service, endpoints.get(keyOf(service.metadata)), pods, zones))
  return [...written.map(writtenSlice), ...made]
}

function writtenSlice({ metadata, service, ports, endpoints }: ManifestSlice): LabelledSlice {
  const { namespace, name, labels } = metadata
  return { labels, state: { namespace, name, service, ports, endpoints } }
}

function madeSlices(
  { metadata, ...rest }: ManifestService,
  mirrored: ManifestEndpoints | undefined,
  pods: PodsByLabel,
  zones: ReadonlyMap<string, string>,
): LabelledSlice[] {
  const service = { metadata, ...rest }
  const isMirrored = service.selector === null && mirrored !== undefined && !isLeftAlone(mirrored.metadata)
  const groups =
    service.selector === null ? (isMirrored ? mirrored.subsets : []) : selectedEndpoints(service, pods, zones)
  const labels = isMirrored ? mirrored.metadata.labels : metadata.labels
  const { namespace, name } = metadata
  // A blank cannot be part of an object's name, so a made slice never takes the place of a written one.
  return groups.map(({ ports, endpoints }, i) => ({
    labels,
    state: { namespace, name: `${name} ${i}`, service: name, ports, endpoints },
  }))
}

/** Whether the controller that mirrors Endpoints would pass these over. */
function isLeftAlone({ labels, annotations }: Metadata): boolean {
  return (
    labels[SKIP_MIRROR_LABEL] === 'true' ||
    labels[MANAGED_BY_LABEL] === 'endpoint-controller' ||
    Object.hasOwn(annotations, LEADER_ANNOTATION)
  )
}

function warnAboutSharedAddresses(services: readonly ManifestService[], warnings: string[]): void {
  const owners = new Map<string, ManifestService>()
  for (const service of services) {
    for (const address of service.clusterIps) {
      const other = owners.get(address)
      if (other !== undefined) {
        warnings.push(`${address} is the address of two Services: ${other.metadata.place}, ${service.metadata.place}`)
      }
      owners.set(address, service)
    }
  }
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return namespace === '' ? name : `${namespace}/${name}`
}
