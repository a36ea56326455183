import type { Delta, ImportedSliceState, ServiceState } from '#plugins/kubernetes/index/delta.ts'
import type { LabelSelector } from '#plugins/kubernetes/label-selector.ts'
import type { ManifestSlice } from '#plugins/kubernetes/manifests/endpoint-slice.ts'
import type { ManifestObject } from '#plugins/kubernetes/manifests/object.ts'
import type { ManifestImport } from '#plugins/kubernetes/manifests/service-import.ts'
import { IMPORTED_SERVICE_LABEL, SOURCE_CLUSTER_LABEL } from '#plugins/kubernetes/mcs-labels.ts'

/** Which objects multicluster zones are answered from. */
export interface ImportSelection {
  /** Of EndpointSlices. */
  readonly labels: LabelSelector
  /** Of ServiceImports too, as in CoreDNS. */
  readonly namespaceLabels: LabelSelector
}

/** What other clusters have exported, among the objects of all files, as deltas. */
export function importDeltas(
  objects: readonly ManifestObject[],
  { labels, namespaceLabels }: ImportSelection,
): Delta[] {
  const imports = objects
    .filter(object => object.kind === 'ServiceImport')
    .filter(({ metadata }) => namespaceLabels(metadata.labels))
    .map(importState)
  const slices = objects
    .filter(object => object.kind === 'EndpointSlice')
    .filter(({ metadata }) => (metadata.labels[IMPORTED_SERVICE_LABEL] ?? '') !== '' && labels(metadata.labels))
    .map(sliceState)
  return [
    ...imports.map(object => ({ kind: 'import' as const, key: `${object.namespace}/${object.name}`, object })),
    ...slices.map(object => ({ kind: 'imported-slice' as const, key: `${object.namespace}/${object.name}`, object })),
  ]
}

function importState({ metadata: { namespace, name }, isHeadless, ips, ports }: ManifestImport): ServiceState {
  return { namespace, name, kind: isHeadless ? 'headless' : 'address', addresses: ips, externalName: '', ports }
}

/** Multicluster zones have no names by topology zone. */
function sliceState({ metadata, ports, ...rest }: ManifestSlice): ImportedSliceState {
  const { namespace, name, labels } = metadata
  const service = labels[IMPORTED_SERVICE_LABEL]!
  const endpoints = rest.endpoints.map(({ address, hostname, podName }) => ({ address, hostname, podName }))
  return { namespace, name, service, cluster: labels[SOURCE_CLUSTER_LABEL] ?? '', ports, endpoints }
}
