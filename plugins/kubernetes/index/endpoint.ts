import type { Address } from '#plugins/kubernetes/index/address.ts'
import { parseAddress } from '#plugins/kubernetes/index/address.ts'
import type { EndpointState, ImportedSliceState, SliceState } from '#plugins/kubernetes/index/delta.ts'
import type { Port } from '#plugins/kubernetes/index/port.ts'
import { portsOf, samePort } from '#plugins/kubernetes/index/port.ts'
import type { ServiceEntry } from '#plugins/kubernetes/index/service.ts'
import { foldLabels, wireLabel, wireLabels } from '#plugins/kubernetes/index/wire-label.ts'

/** What all endpoints of a slice have in common. */
export interface SliceOfService {
  readonly service: ServiceEntry
  readonly ports: readonly Port[]
  /** Wire label of the cluster it was imported from; empty for one of our own. */
  readonly cluster: string
}

/** How far a new list of endpoints is compared with the one before it: as many may have gone at one place. */
const MAX_GONE = 8

/** One ready address behind a service. There may be hundreds of thousands: what can be made from the rest is not kept. */
export class Endpoint {
  readonly address: Address
  readonly slice: SliceOfService
  /** Empty when the endpoint goes by its address. */
  readonly #name: string

  constructor(slice: SliceOfService, address: Address, name: string) {
    this.address = address
    this.slice = slice
    this.#name = name
  }

  get service(): ServiceEntry {
    return this.slice.service
  }

  get ports(): readonly Port[] {
    return this.slice.ports
  }

  /** Wire label of the cluster it was imported from; empty for one of our own. */
  get cluster(): string {
    return this.slice.cluster
  }

  /** Whether it has an address, as Kubernetes writes it, a name, and a topology zone. */
  is(address: string, name: string, zone: string): boolean {
    return zone === '' && this.address.text === address && this.#name === name
  }

  /** Its own label below the service's name and that of its cluster, if any, in wire form and Kubernetes' letter case. */
  get label(): string {
    return wireLabel(this.#name === '' ? dashed(this.address.text) : this.#name)! + this.slice.cluster
  }

  /** The topology zone as wire labels, of which a name with dots has several; empty when it is not known. */
  get zone(): string {
    return ''
  }

  /** `label` in lower case. */
  get folded(): string {
    return foldLabels(this.label)
  }
}

/** One of which the topology zone is known: others take no memory for it. */
class ZonedEndpoint extends Endpoint {
  readonly #zone: string

  constructor(slice: SliceOfService, address: Address, name: string, zone: string) {
    super(slice, address, name)
    this.#zone = zone
  }

  override is(address: string, name: string, zone: string): boolean {
    return zone === this.#zone && super.is(address, name, '')
  }

  override get zone(): string {
    return wireLabels(this.#zone) ?? ''
  }
}

/**
 * The endpoints of a slice; an address that is none, or whose name or cluster cannot be a label, is left out. Those that the
 * slice had `before` are taken from there: a change is mostly about one of a hundred, and the others stay where they are in
 * memory.
 */
export function endpointsOf(
  state: SliceState | ImportedSliceState,
  service: ServiceEntry,
  usePodNames: boolean,
  before: readonly Endpoint[],
): readonly Endpoint[] {
  const cluster = 'cluster' in state && state.cluster !== '' ? wireLabel(state.cluster) : ''
  if (cluster === null) return []
  const slice = sliceOf({ service, ports: portsOf(state.ports), cluster }, before[0]?.slice)
  const old = slice === before[0]?.slice ? before : []
  const endpoints: Endpoint[] = []
  let at = 0
  for (const each of state.endpoints) {
    const name = ownName(each, usePodNames)
    const { zone = '' } = each
    const kept = indexOf(old, at, each.address, name, zone)
    if (kept >= 0) {
      endpoints.push(old[kept]!)
      at = kept + 1
      continue
    }
    const address = parseAddress(each.address)
    if (address !== null && (name === '' || wireLabel(name) !== null)) {
      endpoints.push(zone === '' ? new Endpoint(slice, address, name) : new ZonedEndpoint(slice, address, name, zone))
    }
  }
  return endpoints
}

/** What the endpoints of a slice have in common: as an object that it had before, if that says the same. */
function sliceOf(slice: SliceOfService, before: SliceOfService | undefined): SliceOfService {
  const isSame =
    before?.service === slice.service && before.cluster === slice.cluster && samePorts(before.ports, slice.ports)
  return isSame ? before : slice
}

function samePorts(some: readonly Port[], others: readonly Port[]): boolean {
  return some.length === others.length && some.every((port, i) => samePort(port, others[i]!))
}

function indexOf(endpoints: readonly Endpoint[], from: number, address: string, name: string, zone: string): number {
  const end = Math.min(endpoints.length, from + MAX_GONE + 1)
  for (let i = from; i < end; i++) if (endpoints[i]!.is(address, name, zone)) return i
  return -1
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
