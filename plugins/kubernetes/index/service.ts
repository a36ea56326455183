import { isIP } from 'node:net'
import type { Address } from '#plugins/kubernetes/index/address.ts'
import { parseAddress } from '#plugins/kubernetes/index/address.ts'
import type { Candidate } from '#plugins/kubernetes/index/candidates.ts'
import { Candidates } from '#plugins/kubernetes/index/candidates.ts'
import type { ServiceState } from '#plugins/kubernetes/index/delta.ts'
import type { Endpoint } from '#plugins/kubernetes/index/endpoint.ts'
import type { Port } from '#plugins/kubernetes/index/port.ts'
import { matchesPort, portsOf } from '#plugins/kubernetes/index/port.ts'
import { foldLabels } from '#plugins/kubernetes/index/wire-label.ts'
import type { Name } from '#wire/name.ts'
import { parseName } from '#wire/name.ts'

/**
 * A service and its endpoints. It exists in the index as soon as one of the two does; what is derived from them is made
 * when it is first asked for and forgotten when either changes.
 */
export class ServiceEntry {
  readonly kind = 'service'
  /** Wire labels `name.namespace` in Kubernetes' letter case. */
  readonly labels: string
  /** Wire label of the namespace, folded. */
  readonly namespace: string
  /** `null` while only slices name the service. */
  state: ServiceState | null = null
  addresses: readonly Address[] = []
  /** The target of an ExternalName service; `null` for other kinds, and when it is an address or no name. */
  externalTarget: Name | null = null
  /** Whether all endpoints were answered in place of those in some topology zone, which had none. */
  hasStoodIn = false
  #ports: readonly Port[] = []
  /** Made when they are needed: there may be tens of thousands of services, and an empty Map is not small. */
  #slices: Map<string, readonly Endpoint[]> | null = null
  #endpoints: readonly Endpoint[] | null = null
  #byLabel: Map<string, Endpoint[]> | null = null
  #portWords: Set<string> | null = null
  #whole: Candidates | null | undefined
  #parts: Map<string, Candidates | null> | null = null
  #zones: Map<string, Candidates> | null = null

  constructor(labels: string, namespace: string) {
    this.labels = labels
    this.namespace = namespace
  }

  setState(state: ServiceState | null): void {
    this.state = state
    this.#ports = portsOf(state?.ports ?? [])
    this.addresses = (state?.addresses ?? []).map(parseAddress).filter(address => address !== null)
    const target = state?.kind === 'external' && isIP(state.externalName) === 0 ? state.externalName : ''
    this.externalTarget = parseName(target)
    this.#forget()
  }

  /** Puts the endpoints of one slice in place of those it had. */
  setSlice(key: string, endpoints: readonly Endpoint[] | null): void {
    this.#slices ??= new Map()
    if (endpoints === null) this.#slices.delete(key)
    else this.#slices.set(key, endpoints)
    this.#forget()
  }

  /** Whether nothing is left that the entry stands for. */
  get isVacant(): boolean {
    return this.state === null && (this.#slices?.size ?? 0) === 0
  }

  /** The ready endpoints of each slice. */
  get slices(): readonly (readonly Endpoint[])[] {
    return [...(this.#slices?.values() ?? [])]
  }

  /** The ready endpoints of all slices. */
  get endpoints(): readonly Endpoint[] {
    this.#endpoints ??= [...(this.#slices?.values() ?? [])].flat()
    return this.#endpoints
  }

  /** Whether an endpoint was imported from a cluster (a folded wire label). */
  hasCluster(label: string): boolean {
    // All endpoints of a slice are of one cluster.
    for (const [first] of this.#slices?.values() ?? []) {
      if (first !== undefined && first.cluster !== '' && foldLabels(first.cluster) === label) return true
    }
    return false
  }

  /** What the service's own name stands for; `null` when it does not exist. Not for an ExternalName service. */
  whole(): Candidates | null {
    if (this.#whole === undefined) this.#whole = this.#collect('', '', '')
    return this.#whole
  }

  /**
   * What a name below the service's stands for: one endpoint (a folded wire label), or one port and protocol (folded,
   * empty for any); `null` when there is no such thing.
   */
  part(endpoint: string, port: string, protocol: string): Candidates | null {
    // Only words that occur get past here, so that made-up names cannot fill the map of parts.
    if (endpoint !== '' && !this.#endpointsNamed(endpoint)) return null
    if (!this.#isPortWord(`name ${port}`) || !this.#isPortWord(`protocol ${protocol}`)) return null
    const key = `${endpoint}\0${port}\0${protocol}`
    this.#parts ??= new Map()
    let part = this.#parts.get(key)
    if (part === undefined) {
      part = this.#collect(endpoint, port, protocol)
      this.#parts.set(key, part)
    }
    return part
  }

  /** The endpoints in a topology zone (folded wire labels); `null` when there is none. For a headless service. */
  inZone(zone: string): Candidates | null {
    this.#zones ??= byZone(this.endpoints, `${this.labels}\x03svc`)
    return this.#zones.get(zone) ?? null
  }

  /** What stands in for a topology zone without endpoints: all of them; `null` when there is none. */
  allInstead(): Candidates | null {
    this.hasStoodIn = true
    return this.whole()
  }

  #collect(endpoint: string, port: string, protocol: string): Candidates | null {
    const list: Candidate[] = []
    let exists = false
    if (this.#answersFromEndpoints || endpoint !== '') {
      const labels = `${this.labels}\x03svc`
      for (const each of endpoint === '' ? this.endpoints : (this.#endpointsNamed(endpoint) ?? [])) {
        for (const { number } of each.ports.filter(candidate => matchesPort(candidate, port, protocol))) {
          exists = true
          list.push({ labels: each.label + labels, address: each.address, port: number })
        }
      }
    } else {
      const labels = `${this.labels}\x03svc`
      for (const { number } of this.#ports.filter(candidate => matchesPort(candidate, port, protocol))) {
        exists = true
        for (const address of this.addresses) list.push({ labels, address, port: number })
      }
    }
    return exists ? new Candidates(list) : null
  }

  get #answersFromEndpoints(): boolean {
    return this.state?.kind === 'headless'
  }

  #endpointsNamed(label: string): readonly Endpoint[] | undefined {
    this.#byLabel ??= byLabel(this.endpoints)
    return this.#byLabel.get(label)
  }

  #isPortWord(word: string): boolean {
    if (this.#portWords === null) {
      const all = [this.#ports, ...new Set(this.endpoints.map(endpoint => endpoint.ports))].flat()
      this.#portWords = new Set(['name ', 'protocol '])
      for (const { name, protocol } of all) this.#portWords.add(`name ${name}`).add(`protocol ${protocol}`)
    }
    return this.#portWords.has(word)
  }

  #forget(): void {
    this.#endpoints = null
    this.#byLabel = null
    this.#portWords = null
    this.#whole = undefined
    this.#parts = null
    this.#zones = null
  }
}

function byLabel(endpoints: readonly Endpoint[]): Map<string, Endpoint[]> {
  const groups = new Map<string, Endpoint[]>()
  for (const endpoint of endpoints) {
    const group = groups.get(endpoint.folded)
    if (group === undefined) groups.set(endpoint.folded, [endpoint])
    else group.push(endpoint)
  }
  return groups
}

/** What each topology zone stands for; `labels` are those of the service. */
function byZone(endpoints: readonly Endpoint[], labels: string): Map<string, Candidates> {
  const lists = new Map<string, Candidate[]>()
  for (const { zone, label, address, ports } of endpoints) {
    if (zone === '') continue
    const list = lists.get(zone) ?? []
    lists.set(zone, list)
    for (const { number } of ports) list.push({ labels: label + labels, address, port: number })
  }
  return new Map([...lists].map(([zone, list]) => [zone, new Candidates(list)]))
}
