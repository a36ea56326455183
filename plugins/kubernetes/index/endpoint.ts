import type { Address } from '#plugins/kubernetes/index/address.ts'
import { parseAddress } from '#plugins/kubernetes/index/address.ts'
import type { EndpointState, ImportedSliceState, SliceState } from '#plugins/kubernetes/index/delta.ts'
import type { Port } from '#plugins/kubernetes/index/port.ts'
import { portsOf } from '#plugins/kubernetes/index/port.ts'
import type { ServiceEntry } from '#plugins/kubernetes/index/service.ts'
import { foldLabels, wireLabel } from '#plugins/kubernetes/index/wire-label.ts'

/** What all endpoints of a slice have in common. */
interface SliceOfService {
  readonly service: ServiceEntry
  readonly ports: readonly Port[]
  /** Wire label of the cluster it was imported from; empty for one of our own. */
  readonly cluster: string
}

/** One ready address behind a service. There may be hundreds of thousands: what can be made from the rest is not kept. */
export class Endpoint {
  readonly address: Address
  readonly #slice: SliceOfService
  /** Empty when the endpoint goes by its address. */
  readonly #name: string

  constructor(slice: SliceOfService, address: Address, name: string) {
    this.address = address
    this.#slice = slice
    this.#name = name
  }

  get service(): ServiceEntry {
    return this.#slice.service
  }

  get ports(): readonly Port[] {
    return this.#slice.ports
  }

  /** Wire label of the cluster it was imported from; empty for one of our own. */
  get cluster(): string {
    return this.#slice.cluster
  }

  /** Its own label below the service's name and that of its cluster, if any, in wire form and Kubernetes' letter case. */
  get label(): string {
    return wireLabel(this.#name === '' ? dashed(this.address.text) : this.#name)! + this.#slice.cluster
  }

  /** `label` in lower case. */
  get folded(): string {
    return foldLabels(this.label)
  }
}

/** The endpoints of a slice; an address that is none, or whose name or cluster cannot be a label, is left out. */
export function endpointsOf(
  state: SliceState | ImportedSliceState,
  service: ServiceEntry,
  usePodNames: boolean,
): readonly Endpoint[] {
  const cluster = 'cluster' in state && state.cluster !== '' ? wireLabel(state.cluster) : ''
  if (cluster === null) return []
  const slice = { service, ports: portsOf(state.ports), cluster }
  const endpoints: Endpoint[] = []
  for (const each of state.endpoints) {
    const address = parseAddress(each.address)
    const name = ownName(each, usePodNames)
    if (address !== null && (name === '' || wireLabel(name) !== null)) {
      endpoints.push(new Endpoint(slice, address, name))
    }
  }
  return endpoints
}

/** The hostname, else the pod's name if that is asked for and can be a label; empty for neither. */
function ownName({ hostname, podName }: EndpointState, usePodNames: boolean): string {
  if (hostname !== '') return hostname
  return usePodNames && podName.length < 64 && !podName.includes('.') ? podName : ''
}

/** An address as a label: with dashes, and a zero where it would end in one. */
function dashed(address: string): string {
  if (!address.includes(':')) return address.replaceAll('.', '-')
  const text = address.replaceAll(':', '-')
  return text.endsWith('-') ? `${text}0` : text
}
