import { isIP } from 'node:net'
import type { PortState } from '#plugins/kubernetes/index/delta.ts'
import type { Metadata } from '#plugins/kubernetes/manifests/metadata.ts'
import { readMetadata, readOptionalLabelName } from '#plugins/kubernetes/manifests/metadata.ts'
import type { ManifestNode } from '#plugins/kubernetes/manifests/node.ts'

/** A Pod as its manifest says it. */
export interface ManifestPod {
  readonly kind: 'Pod'
  readonly metadata: Metadata
  /** status.podIP; empty while it has none. */
  readonly ip: string
  /** All its addresses, `ip` first. */
  readonly ips: readonly string[]
  readonly hostname: string
  readonly subdomain: string
  /** The Node it runs on; empty when that is not known, or zones are not asked for. */
  readonly nodeName: string
  /** Whether it takes traffic. */
  readonly isReady: boolean
  /** Whether it has run to its end, or nobody knows. */
  readonly isOver: boolean
  readonly containerPorts: readonly PortState[]
}

/** Reads a Pod. One that has an address and no status conditions counts as ready: nobody writes those by hand. */
export function readPod(object: ManifestNode, withZones: boolean): ManifestPod {
  const spec = object.get('spec')
  const status = object.get('status')
  const metadata = readMetadata(object)
  const ip = readAddress(status.get('podIP'))
  const ips = status
    .get('podIPs')
    .items()
    .map(item => readAddress(item.get('ip')))
  const phase = status.get('phase').optionalText()
  return {
    kind: 'Pod',
    metadata,
    ip,
    ips: [...new Set([ip, ...ips])].filter(address => address !== ''),
    hostname: readOptionalLabelName(spec.get('hostname')),
    subdomain: readOptionalLabelName(spec.get('subdomain')),
    nodeName: withZones ? spec.get('nodeName').optionalText() : '',
    isReady: !metadata.isDeleting && isReady(status.get('conditions')),
    isOver: phase === 'Succeeded' || phase === 'Failed' || phase === 'Unknown',
    containerPorts: [...spec.get('containers').items(), ...spec.get('initContainers').items()].flatMap(readContainer),
  }
}

function readAddress(node: ManifestNode): string {
  const address = node.optionalText()
  if (address !== '' && isIP(address) === 0) node.fail(`'${address}' is not an IP address`)
  return address
}

function isReady(conditions: ManifestNode): boolean {
  if (conditions.isAbsent) return true
  return conditions
    .items()
    .some(item => item.get('type').optionalText() === 'Ready' && item.get('status').optionalText() === 'True')
}

function readContainer(container: ManifestNode): PortState[] {
  return container
    .get('ports')
    .items()
    .map(item => ({
      name: readOptionalLabelName(item.get('name')),
      protocol: item.get('protocol').oneOf(['TCP', 'UDP', 'SCTP']),
      port: item.get('containerPort').port(),
    }))
}
