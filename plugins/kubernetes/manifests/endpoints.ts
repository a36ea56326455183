import { isIP } from 'node:net'
import type { EndpointState, PortState } from '#plugins/kubernetes/index/delta.ts'
import type { Metadata } from '#plugins/kubernetes/manifests/metadata.ts'
import { readMetadata, readOptionalLabelName } from '#plugins/kubernetes/manifests/metadata.ts'
import type { ManifestNode } from '#plugins/kubernetes/manifests/node.ts'
import { readPorts } from '#plugins/kubernetes/manifests/ports.ts'

/** One subset of an Endpoints object: every address with every port. */
export interface Subset {
  readonly ports: readonly PortState[]
  /** The ready ones. */
  readonly endpoints: readonly EndpointState[]
}

/** An Endpoints object as its manifest says it, addresses that are not ready left out. */
export interface ManifestEndpoints {
  readonly kind: 'Endpoints'
  readonly metadata: Metadata
  readonly subsets: readonly Subset[]
}

/** Reads an Endpoints object. */
export function readEndpoints(object: ManifestNode): ManifestEndpoints {
  const subsets = object.get('subsets').items()
  return {
    kind: 'Endpoints',
    metadata: readMetadata(object),
    subsets: subsets.map(subset => ({
      ports: readPorts(subset.get('ports')),
      endpoints: subset.get('addresses').items().map(readAddress),
    })),
  }
}

function readAddress(item: ManifestNode): EndpointState {
  const address = item.get('ip').text()
  if (isIP(address) === 0) item.get('ip').fail(`'${address}' is not an IP address`)
  return {
    address,
    hostname: readOptionalLabelName(item.get('hostname')),
    podName: item.get('targetRef').get('name').optionalText(),
  }
}
