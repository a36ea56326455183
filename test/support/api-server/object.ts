/** An object of the Kubernetes API as it is stored and sent. */
export interface ApiObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMetadata
  readonly [field: string]: unknown
}

/** The part that every object has. */
export interface ObjectMetadata {
  readonly name: string
  /** Missing for objects that are of no namespace. */
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly resourceVersion?: string
  readonly uid?: string
  readonly creationTimestamp?: string | null
  readonly deletionTimestamp?: string
  readonly managedFields?: readonly unknown[]
}

/** A kind of object and where the API serves it. */
export interface Resource {
  /** The plural that paths and RBAC use. */
  readonly name: string
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly isNamespaced: boolean
  /** Whether items of a list carry their own kind and apiVersion: those of custom resources do, built-in ones do not. */
  readonly isCustom: boolean
}

/** The resources that the fake serves. */
export const RESOURCES: readonly Resource[] = [
  { name: 'namespaces', group: '', version: 'v1', kind: 'Namespace', isNamespaced: false, isCustom: false },
  { name: 'services', group: '', version: 'v1', kind: 'Service', isNamespaced: true, isCustom: false },
  { name: 'pods', group: '', version: 'v1', kind: 'Pod', isNamespaced: true, isCustom: false },
  {
    name: 'endpointslices',
    group: 'discovery.k8s.io',
    version: 'v1',
    kind: 'EndpointSlice',
    isNamespaced: true,
    isCustom: false,
  },
  {
    name: 'serviceimports',
    group: 'multicluster.x-k8s.io',
    version: 'v1alpha1',
    kind: 'ServiceImport',
    isNamespaced: true,
    isCustom: true,
  },
]

/** `v1` or `group/version`, as apiVersion is written. */
export function apiVersion({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`
}

/** The resource of a kind; throws for one that the fake does not serve. */
export function resourceOfKind(kind: string): Resource {
  const resource = RESOURCES.find(each => each.kind === kind)
  if (resource === undefined) throw new Error(`the fake API server has no kind ${kind}`)
  return resource
}

/** `name` or `namespace/name`: what names an object among those of its resource, and what lists are sorted by. */
export function objectKey({ namespace, name }: { readonly namespace?: string; readonly name: string }): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}
