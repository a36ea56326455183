import { readDocuments } from '#plugins/kubernetes/manifests/document.ts'
import type { ManifestSlice } from '#plugins/kubernetes/manifests/endpoint-slice.ts'
import { readEndpointSlice } from '#plugins/kubernetes/manifests/endpoint-slice.ts'
import type { ManifestEndpoints } from '#plugins/kubernetes/manifests/endpoints.ts'
import { readEndpoints } from '#plugins/kubernetes/manifests/endpoints.ts'
import { ManifestError } from '#plugins/kubernetes/manifests/error.ts'
import type { ManifestMachine } from '#plugins/kubernetes/manifests/machine.ts'
import { readMachine } from '#plugins/kubernetes/manifests/machine.ts'
import type { Metadata } from '#plugins/kubernetes/manifests/metadata.ts'
import { readClusterMetadata } from '#plugins/kubernetes/manifests/metadata.ts'
import { ManifestNode } from '#plugins/kubernetes/manifests/node.ts'
import type { ManifestPod } from '#plugins/kubernetes/manifests/pod.ts'
import { readPod } from '#plugins/kubernetes/manifests/pod.ts'
import type { ManifestService } from '#plugins/kubernetes/manifests/service.ts'
import { readService } from '#plugins/kubernetes/manifests/service.ts'
import type { ManifestImport } from '#plugins/kubernetes/manifests/service-import.ts'
import { readServiceImport } from '#plugins/kubernetes/manifests/service-import.ts'

/** A Namespace as its manifest says it. */
export interface ManifestNamespace {
  readonly kind: 'Namespace'
  readonly metadata: Metadata
}

/** An object that DNS has a use for. */
export type ManifestObject =
  | ManifestNamespace
  | ManifestService
  | ManifestSlice
  | ManifestEndpoints
  | ManifestPod
  | ManifestImport
  | ManifestMachine

/** Either all objects of a file, or all that is wrong with it. */
export interface ManifestFile {
  readonly objects: readonly ManifestObject[]
  readonly errors: readonly ManifestError[]
}

const readers = new Map<string, (object: ManifestNode, withZones: boolean) => ManifestObject>(
  Object.entries({
    'v1 Namespace': readNamespace,
    'v1 Service': readService,
    'v1 Endpoints': readEndpoints,
    'v1 Pod': readPod,
    'v1 Node': readMachine,
    'discovery.k8s.io/v1 EndpointSlice': readEndpointSlice,
    'discovery.k8s.io/v1beta1 EndpointSlice': readEndpointSlice,
    'multicluster.x-k8s.io/v1alpha1 ServiceImport': readServiceImport,
  }),
)
const knownVersions = new Set([...readers.keys()].map(key => key.split(' ')[0]!))
const knownKinds = new Set([...readers.keys()].map(key => key.split(' ')[1]!))

/**
 * Reads the text of a manifest file: any number of documents, each an object or a list of objects. Objects of other kinds
 * and documents that are no Kubernetes objects are passed over. `file` is what errors call it; `withZones` keeps what says
 * in which topology zone an endpoint is.
 */
export function readManifest(text: string, file: string, withZones = false): ManifestFile {
  const objects: ManifestObject[] = []
  const errors: ManifestError[] = []
  const attempt = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error
      errors.push(error)
    }
  }
  attempt(() => {
    for (const document of readDocuments(text, file)) {
      const root = new ManifestNode(document, [], document.value)
      attempt(() => readObject(root, '', '', objects, attempt, withZones))
    }
  })
  return errors.length === 0 ? { objects, errors } : { objects: [], errors }
}

function readNamespace(object: ManifestNode): ManifestNamespace {
  return { kind: 'Namespace', metadata: readClusterMetadata(object) }
}

/** `listVersion` and `listKind` are those that the list around an item says its items have; empty outside a list. */
function readObject(
  object: ManifestNode,
  listVersion: string,
  listKind: string,
  objects: ManifestObject[],
  attempt: (work: () => void) => void,
  withZones: boolean,
): void {
  if (!object.isMap) return
  const version = object.get('apiVersion').optionalText() || listVersion
  const kind = object.get('kind').optionalText() || listKind
  if (kind === '' && knownVersions.has(version))
    object.fail(`kind is missing from an object with apiVersion ${version}`)
  if (version === '' && knownKinds.has(kind)) object.fail(`apiVersion is missing from an object of kind ${kind}`)
  const itemKind = kind.endsWith('List') ? kind.slice(0, -'List'.length) : ''
  const read = readers.get(`${version} ${kind}`)
  if (read !== undefined) objects.push(read(object, withZones))
  else if (kind === 'List' || readers.has(`${version} ${itemKind}`)) {
    for (const item of object.get('items').items()) {
      const itemVersion = itemKind === '' ? '' : version
      attempt(() => readObject(item.asObject(), itemVersion, itemKind, objects, attempt, withZones))
    }
  }
}
