import { isIP } from 'node:net'
import type { PortState } from '#plugins/kubernetes/index/delta.ts'
import type { Metadata } from '#plugins/kubernetes/manifests/metadata.ts'
import { readLabelName, readMetadata } from '#plugins/kubernetes/manifests/metadata.ts'
import type { ManifestNode } from '#plugins/kubernetes/manifests/node.ts'
import { readPorts } from '#plugins/kubernetes/manifests/ports.ts'

/** A ServiceImport of the MCS API as its manifest says it. */
export interface ManifestImport {
  readonly kind: 'ServiceImport'
  readonly metadata: Metadata
  readonly isHeadless: boolean
  /** The addresses that the clusterset gave it, at most one a family; empty for a headless one. */
  readonly ips: readonly string[]
  readonly ports: readonly PortState[]
}

/** Reads a ServiceImport. Unlike a Service it is not given an address here: only the clusterset knows which one. */
export function readServiceImport(object: ManifestNode): ManifestImport {
  const metadata = readMetadata(object)
  readLabelName(object.get('metadata').get('name'))
  const spec = object.get('spec')
  const type = spec.get('type')
  if (type.isAbsent) type.fail('is missing: ClusterSetIP or Headless')
  const isHeadless = type.oneOf(['ClusterSetIP', 'Headless']) === 'Headless'
  const ips = readIps(spec.get('ips'))
  return {
    kind: 'ServiceImport',
    metadata,
    isHeadless,
    ips: isHeadless ? [] : ips,
    ports: readPorts(spec.get('ports')),
  }
}

function readIps(list: ManifestNode): string[] {
  const ips = list.items().map(item => {
    const ip = item.text()
    return isIP(ip) === 0 ? item.fail(`'${ip}' is not an IP address`) : ip
  })
  if (ips.length > 2) list.fail('has more than two addresses')
  if (ips.length === 2 && isIP(ips[0]!) === isIP(ips[1]!)) list.fail('has two addresses of one family')
  return ips
}
