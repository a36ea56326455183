import type { Address } from '#plugins/kubernetes/index/address.ts'
import type { ServiceState } from '#plugins/kubernetes/index/delta.ts'
import type { Endpoint } from '#plugins/kubernetes/index/endpoint.ts'
import type { Port } from '#plugins/kubernetes/index/port.ts'
import { NO_PORT, portsOf } from '#plugins/kubernetes/index/port.ts'
import type { ServiceEntry } from '#plugins/kubernetes/index/service.ts'
import { wireLabel } from '#plugins/kubernetes/index/wire-label.ts'
import { join } from '#plugins/kubernetes/records/join.ts'
import { srvWeight } from '#plugins/kubernetes/records/srv.ts'
import { cname, srv } from '#wire/build.ts'
import { Class } from '#wire/constants.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

/** A service as it was at one moment, in parts that never change. */
export interface ServiceNow {
  /** Wire labels `name.namespace`. */
  readonly labels: string
  readonly state: ServiceState
  readonly addresses: readonly Address[]
  readonly externalTarget: Name | null
  readonly slices: readonly (readonly Endpoint[])[]
}

/** Those of some services that are answered for, by name and then by namespace. */
export function servicesNow(entries: readonly ServiceEntry[], ignoreEmptyService: boolean): ServiceNow[] {
  const services: ServiceNow[] = []
  for (const { labels, state, addresses, externalTarget, slices } of entries) {
    if (ignoreEmptyService && state!.kind === 'address' && slices.every(({ length }) => length === 0)) continue
    services.push({ labels, state: state!, addresses, externalTarget, slices })
  }
  return services.sort((a, b) => compare(a.state.name, b.state.name) || compare(a.state.namespace, b.state.namespace))
}

/** The records of a service in a zone, each once, in the order that CoreDNS transfers them. */
export function* serviceRecords(
  service: ServiceNow,
  zone: FoldedName,
  ttlSeconds: number,
): Generator<ResourceRecord, undefined> {
  const { labels, state, externalTarget } = service
  const owner = join(`${labels}\x03svc`, zone)
  if (owner === null) return
  const records = new OwnRecords(owner, ttlSeconds)
  if (state.kind === 'external') {
    if (externalTarget !== null) yield cname(owner, ttlSeconds, externalTarget)
  } else if (state.kind === 'headless') {
    for (const endpoints of service.slices) records.addEndpoints(endpoints)
  } else {
    records.addService(service)
  }
  yield* records.list
}

/** The records of one service, gathered without those that are there already. */
class OwnRecords {
  readonly list: ResourceRecord[] = []
  readonly #owner: Name
  readonly #ttlSeconds: number
  readonly #seen = new Set<string>()

  constructor(owner: Name, ttlSeconds: number) {
    this.#owner = owner
    this.#ttlSeconds = ttlSeconds
  }

  addService({ addresses, state }: ServiceNow): void {
    if (addresses.length === 0) return
    for (const address of addresses) this.#addAddress(this.#owner, address)
    for (const port of portsOf(state.ports)) {
      if (port.number === NO_PORT) continue
      this.#addSrv(this.#owner, port.number, 100, this.#owner)
      this.#addNamedPort(port, 100, this.#owner)
    }
  }

  addEndpoints(endpoints: readonly Endpoint[]): void {
    const weight = srvWeight(endpoints.length)
    for (const { address, label, ports } of endpoints) {
      this.#addAddress(this.#owner, address)
      const host = join(label, this.#owner)
      if (host === null) continue
      this.#addAddress(host, address)
      for (const port of ports) this.#addNamedPort(port, weight, host)
    }
  }

  #addAddress(owner: Name, { key, type, rdata }: Address): void {
    if (this.#isNew(`${key} ${owner}`)) {
      this.list.push(new ResourceRecord(owner, type, Class.IN, this.#ttlSeconds, rdata))
    }
  }

  #addNamedPort({ name, protocol, number }: Port, weight: number, target: Name): void {
    const port = wireLabel(`_${name}`)
    if (name === '' || port === null) return
    const owner = join(`${port}${wireLabel(`_${protocol}`)!}`, this.#owner)
    if (owner !== null) this.#addSrv(owner, number, weight, target)
  }

  #addSrv(owner: Name, port: number, weight: number, target: Name): void {
    if (!this.#isNew(`${port} ${owner} ${target}`)) return
    this.list.push(srv(owner, this.#ttlSeconds, { priority: 0, weight, port, target }))
  }

  #isNew(key: string): boolean {
    if (this.#seen.has(key)) return false
    this.#seen.add(key)
    return true
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
