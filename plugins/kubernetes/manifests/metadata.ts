import type { Labels } from '#plugins/kubernetes/label-selector.ts'
import type { ManifestNode } from '#plugins/kubernetes/manifests/node.ts'

/** What all objects have in common. */
export interface Metadata {
  /** Empty for a Namespace. */
  readonly namespace: string
  readonly name: string
  readonly labels: Labels
  readonly annotations: Labels
  /** Whether the object is being deleted. */
  readonly isDeleting: boolean
  /** Where the object is written, `file:line` in YAML and `file: items[2]` in JSON. */
  readonly place: string
}

/** Reads the metadata of a namespaced object; without a namespace it lies in `default`. */
export function readMetadata(object: ManifestNode): Metadata {
  const namespace = object.get('metadata').get('namespace')
  const metadata = readClusterMetadata(object)
  if (namespace.optionalText() === '') return { ...metadata, namespace: 'default' }
  return { ...metadata, namespace: readLabelName(namespace) }
}

/** Reads the metadata of an object that lies in no namespace. */
export function readClusterMetadata(object: ManifestNode): Metadata {
  const metadata = object.get('metadata')
  const name = metadata.get('name')
  if (!isSubdomainName(name.text())) name.fail(`'${name.text()}' is not a name: a-z, 0-9, '-' and '.' make one`)
  return {
    namespace: '',
    name: name.text(),
    labels: metadata.get('labels').texts(),
    annotations: metadata.get('annotations').texts(),
    isDeleting: !metadata.get('deletionTimestamp').isAbsent,
    place: object.place,
  }
}

/** Reads a text that must be a DNS label (RFC 1123). */
export function readLabelName(node: ManifestNode): string {
  const text = node.text()
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text
  return node.fail(`'${text}' is not a DNS label: at most 63 of a-z, 0-9 and '-'`)
}

/** Reads a text that is empty or a DNS label. */
export function readOptionalLabelName(node: ManifestNode): string {
  return node.optionalText() === '' ? '' : readLabelName(node)
}

function isSubdomainName(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text)
}
