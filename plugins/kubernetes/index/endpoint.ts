import type { Address } from '#plugins/kubernetes/index/address.ts'
import { parseAddress } from '#plugins/kubernetes/index/address.ts'
import type { EndpointState, SliceState } from '#plugins/kubernetes/index/delta.ts'
import type { Port } from '#plugins/kubernetes/index/port.ts'
import { portsOf } from '#plugins/kubernetes/index/port.ts'
import type { ServiceEntry } from '#plugins/kubernetes/index/service.ts'
import { foldLabels, wireLabel } from '#plugins/kubernetes/index/wire-label.ts'

/** One ready address behind a service. */
export interface Endpoint {
  readonly service: ServiceEntry
  readonly address: Address
  /** Its own label below the service's name, in wire form and Kubernetes' letter case. */
  readonly label: string
  /** `label` in lower case. */
  readonly folded: string
  readonly ports: readonly Port[]
}

/** The endpoints of a slice; an address that is none, or whose name cannot be a label, is left out. */
export function endpointsOf(slice: SliceState, service: ServiceEntry, usePodNames: boolean): readonly Endpoint[] {
  const ports = portsOf(slice.ports)
  const endpoints: Endpoint[] = []
  for (const state of slice.endpoints) {
    const address = parseAddress(state.address)
    const label = wireLabel(endpointName(state, usePodNames))
    if (address !== null && label !== null) {
      endpoints.push({ service, address, label, folded: foldLabels(label), ports })
    }
  }
  return endpoints
}

/**
 * The name of an endpoint below its service: the hostname, else the pod's name if that is asked for and can be a label,
 * else the address with dashes.
 */
export function endpointName({ address, hostname, podName }: EndpointState, usePodNames: boolean): string {
  if (hostname !== '') return hostname
  if (usePodNames && podName !== '' && podName.length < 64 && !podName.includes('.')) return podName
  if (!address.includes(':')) return address.replaceAll('.', '-')
  const dashed = address.replaceAll(':', '-')
  return dashed.endsWith('-') ? `${dashed}0` : dashed
}
