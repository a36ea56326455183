import type { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import type { Delta } from '#plugins/kubernetes/index/delta.ts'
import type { Endpoint } from '#plugins/kubernetes/index/endpoint.ts'
import type { ServiceEntry } from '#plugins/kubernetes/index/service.ts'
import { foldLabels, wireLabel } from '#plugins/kubernetes/index/wire-label.ts'

/**
 * What DNS answers about one object: for each name a text that changes when the answers about the name do. A name is given
 * as its folded wire labels, zone left out, or as an address key for a reverse name.
 */
export interface AnswersAbout {
  readonly names: Map<string, string>
  readonly addresses: Map<string, string>
}

/** The answers that an index gives now about the object of a delta. Namespaces, which stand for all below them, have none. */
export function answersAbout(cluster: Cluster, delta: Delta): AnswersAbout {
  const answers = { names: new Map<string, string>(), addresses: new Map<string, string>() }
  const [namespace = '', name = ''] = delta.key.split('/')
  switch (delta.kind) {
    case 'service':
      addService(answers, cluster.service(labelsOf(name, namespace)), portNames)
      addServiceAddresses(answers, cluster, cluster.service(labelsOf(name, namespace)))
      break
    case 'slice':
      addSlice(answers, cluster.slice(delta.key), portNames)
      addSliceAddresses(answers, cluster.slice(delta.key))
      break
    case 'pod':
      addPod(answers, cluster.pod(delta.key)?.ip ?? '', namespace)
      break
    // What is imported has no reverse names.
    case 'import':
      addService(answers, cluster.clusterset.service(labelsOf(name, namespace)), importedPortNames)
      break
    case 'imported-slice':
      addSlice(answers, cluster.clusterset.slice(delta.key), importedPortNames)
      break
  }
  return answers
}

/** A service's slice in an index. */
interface IndexedSlice {
  readonly service: ServiceEntry
  readonly endpoints: readonly Endpoint[]
}

function addService({ names }: AnswersAbout, service: ServiceEntry | undefined, namesOf: typeof portNames): void {
  if (service === undefined) return
  const { kind, ports } = service.state!
  const own = ownLabels(service)
  const text = JSON.stringify(service.state)
  names.set(own, text)
  if (kind === 'external') return
  for (const labels of namesOf(ports)) names.set(labels + own, text)
  for (const endpoints of service.slices) {
    if (kind === 'headless') for (const labels of namesOf(endpoints[0]?.ports ?? [])) names.set(labels + own, text)
    names.set(clusterOf(endpoints) + own, text)
  }
  for (const { folded } of service.endpoints) names.set(folded + own, '')
}

function addServiceAddresses({ addresses }: AnswersAbout, cluster: Cluster, service: ServiceEntry | undefined): void {
  for (const { key } of service?.addresses ?? []) {
    // Of several services with one address the first has its reverse name.
    const owners = cluster.servicesAt(key).map(({ labels }) => labels)
    addresses.set(key, owners.join(' '))
  }
}

function addSlice({ names }: AnswersAbout, slice: IndexedSlice | undefined, namesOf: typeof portNames): void {
  if (slice === undefined) return
  const { service, endpoints } = slice
  const own = ownLabels(service)
  const ports = JSON.stringify(endpoints[0]?.ports)
  let all = ports
  for (const { address, label, folded } of endpoints) {
    append(names, folded + own, `${address.key} ${ports}`)
    all += ` ${label} ${address.key}`
  }
  // Of a service with an address only whether it has endpoints can matter.
  const isHeadless = service.state?.kind === 'headless'
  const text = isHeadless ? all : String(endpoints.length > 0)
  names.set(clusterOf(endpoints) + own, String(endpoints.length > 0))
  names.set(own, text)
  for (const labels of namesOf(isHeadless ? (endpoints[0]?.ports ?? []) : (service.state?.ports ?? []))) {
    names.set(labels + own, text)
  }
}

function addSliceAddresses({ addresses }: AnswersAbout, slice: IndexedSlice | undefined): void {
  for (const { address, label } of slice?.endpoints ?? []) {
    append(addresses, address.key, label + ownLabels(slice!.service))
  }
}

/** The label that all endpoints of an imported slice have in common, folded; empty for another slice. */
function clusterOf(endpoints: readonly Endpoint[]): string {
  return foldLabels(endpoints[0]?.cluster ?? '')
}

function addPod({ names }: AnswersAbout, ip: string, namespace: string): void {
  const label = wireLabel(ip.replaceAll(/[.:]/g, '-'))
  if (label !== null) names.set(foldLabels(`${label}${wireLabel(namespace) ?? ''}\x03pod`), '')
}

/** The names of ports, in all ways that a port can be asked for, and those that exist because of them; services left out. */
function portNames(ports: Iterable<{ readonly name: string; readonly protocol: string }>): string[] {
  const names: string[] = []
  for (const { name, protocol } of ports) {
    for (const protocolLabel of spellings(protocol)) {
      names.push(protocolLabel, ...spellings(name).map(portLabel => portLabel + protocolLabel))
    }
  }
  return names
}

/** The same in a multicluster zone: without any underscore they are names of endpoints and clusters. */
function importedPortNames(ports: Iterable<{ readonly name: string; readonly protocol: string }>): string[] {
  return portNames(ports).filter(labels => labels.includes('_'))
}

/** A word as a label with and without its underscore; none for an empty word. */
function spellings(word: string): string[] {
  if (word === '') return []
  return [`_${word}`, word].map(text => foldLabels(wireLabel(text) ?? ''))
}

/** The key of a service: its folded wire labels `name.namespace`. */
export function labelsOf(name: string, namespace: string): string {
  return foldLabels((wireLabel(name) ?? '') + (wireLabel(namespace) ?? ''))
}

/** The name of a service, as folded wire labels without the zone. */
export function ownLabels(service: ServiceEntry): string {
  return `${foldLabels(service.labels)}\x03svc`
}

function append(texts: Map<string, string>, key: string, text: string): void {
  const before = texts.get(key)
  texts.set(key, before === undefined ? text : `${before}, ${text}`)
}
