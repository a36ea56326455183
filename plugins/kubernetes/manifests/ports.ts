import type { PortState } from '#plugins/kubernetes/index/delta.ts'
import { readOptionalLabelName } from '#plugins/kubernetes/manifests/metadata.ts'
import type { ManifestNode } from '#plugins/kubernetes/manifests/node.ts'

/** Reads a list of ports as Services, slices and Endpoints have it: `name`, `protocol` (TCP) and a number. */
export function readPorts(list: ManifestNode): PortState[] {
  return list.items().map(readPort)
}

/** Reads one port. */
export function readPort(item: ManifestNode): PortState {
  return {
    name: readOptionalLabelName(item.get('name')),
    protocol: item.get('protocol').oneOf(['TCP', 'UDP', 'SCTP']),
    port: item.get('port').port(),
  }
}
