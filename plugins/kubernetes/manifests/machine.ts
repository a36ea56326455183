import type { Metadata } from '#plugins/kubernetes/manifests/metadata.ts'
import { readClusterMetadata } from '#plugins/kubernetes/manifests/metadata.ts'
import type { ManifestNode } from '#plugins/kubernetes/manifests/node.ts'

/** A Node of the cluster as its manifest says it: a machine that pods run on, not to be mixed up with a node of the file. */
export interface ManifestMachine {
  readonly kind: 'Node'
  readonly metadata: Metadata
  /** The topology zone it is in, in lower case; empty when it does not say. */
  readonly zone: string
}

const ZONE_LABEL = 'topology.kubernetes.io/zone'

/** Reads a Node. */
export function readMachine(object: ManifestNode): ManifestMachine {
  const metadata = readClusterMetadata(object)
  return { kind: 'Node', metadata, zone: (metadata.labels[ZONE_LABEL] ?? '').toLowerCase() }
}
