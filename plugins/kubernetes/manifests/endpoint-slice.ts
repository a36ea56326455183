import { isIP } from 'node:net'
import type { EndpointState, PortState } from '#plugins/kubernetes/index/delta.ts'
import type { Metadata } from '#plugins/kubernetes/manifests/metadata.ts'
import { readMetadata, readOptionalLabelName } from '#plugins/kubernetes/manifests/metadata.ts'
import type { ManifestNode } from '#plugins/kubernetes/manifests/node.ts'
import { readPort } from '#plugins/kubernetes/manifests/ports.ts'

/** An EndpointSlice as its manifest says it, endpoints that are not ready left out. */
export interface ManifestSlice {
  readonly kind: 'EndpointSlice'
  readonly metadata: Metadata
  /** The service it belongs to; empty when its label names none. */
  readonly service: string
  readonly ports: readonly PortState[]
  readonly endpoints: readonly EndpointState[]
}

/** The label that ties a slice to its service. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name'

/** Reads an EndpointSlice, with the topology zones of its endpoints if `withZones`. One of address type FQDN has no endpoints for DNS. */
export function readEndpointSlice(object: ManifestNode, withZones: boolean): ManifestSlice {
  const metadata = readMetadata(object)
  const type = object.get('addressType')
  if (type.isAbsent) type.fail('is missing: IPv4 or IPv6')
  const family = type.oneOf(['IPv4', 'IPv6', 'FQDN'])
  const endpoints = family === 'FQDN' ? [] : object.get('endpoints').items()
  return {
    kind: 'EndpointSlice',
    metadata,
    service: metadata.labels[SERVICE_NAME_LABEL] ?? '',
    // A port without a number stands for all ports: there is nothing in it for an SRV record.
    ports: object
      .get('ports')
      .items()
      .filter(item => !item.get('port').isAbsent)
      .map(readPort),
    endpoints: endpoints
      .filter(isReady)
      .flatMap(endpoint => readEndpoint(endpoint, family === 'IPv4' ? 4 : 6, withZones)),
  }
}

/** An endpoint is ready unless it says otherwise. */
function isReady(endpoint: ManifestNode): boolean {
  return endpoint.get('conditions').get('ready').boolean(true)
}

function readEndpoint(endpoint: ManifestNode, family: number, withZones: boolean): EndpointState[] {
  const hostname = readOptionalLabelName(endpoint.get('hostname'))
  const podName = endpoint.get('targetRef').get('name').optionalText()
  const zone = withZones ? endpoint.get('zone').optionalText().toLowerCase() : ''
  const rest = zone === '' ? { hostname, podName } : { hostname, podName, zone }
  return endpoint
    .get('addresses')
    .items()
    .map(item => {
      const address = item.text()
      return isIP(address) === family ? { address, ...rest } : item.fail(`'${address}' is not an IPv${family} address`)
    })
}
