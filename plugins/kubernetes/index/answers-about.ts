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
  if (delta.kind === 'service') addService(answers, cluster, cluster.service(labelsOf(name, namespace)))
  if (delta.kind === 'slice') addSlice(answers, cluster.slice(delta.key))
  if (delta.kind === 'pod') addPod(answers, cluster.pod(delta.key)?.ip ?? '', namespace)
  return answers
}

function addService({ names, addresses }: AnswersAbout, cluster: Cluster, service: ServiceEntry | undefined): void {
  if (service === undefined) return
  const { kind } = service.state!
  const own = ownLabels(service)
  const text = JSON.stringify(service.state)
  names.set(own, text)
  for (const { key } of service.addresses) {
    // Of several services with one address the first has its reverse name.
    const owners = cluster.servicesAt(key).map(({ labels }) => labels)
    addresses.set(key, owners.join(' '))
  }
  if (kind === 'external') return
  addPortNames(names, service.state!.ports, own, text)
  if (kind === 'headless') for (const { ports } of service.endpoints) addPortNames(names, ports, own, text)
  for (const { folded } of service.endpoints) names.set(folded + own, '')
}

function addSlice(
  { names, addresses }: AnswersAbout,
  slice: { readonly service: ServiceEntry; readonly endpoints: readonly Endpoint[] } | undefined,
): void {
  if (slice === undefined) return
  const { service, endpoints } = slice
  const own = ownLabels(service)
  const ports = JSON.stringify(endpoints[0]?.ports)
  let all = ports
  for (const { address, label, folded } of endpoints) {
    append(names, folded + own, `${address.key} ${ports}`)
    append(addresses, address.key, label + own)
    all += ` ${label} ${address.key}`
  }
  // Of a service with an address only whether it has endpoints can matter.
  const isHeadless = service.state?.kind === 'headless'
  const text = isHeadless ? all : String(endpoints.length > 0)
  names.set(own, text)
  addPortNames(names, isHeadless ? (endpoints[0]?.ports ?? []) : (service.state?.ports ?? []), own, text)
}

function addPod({ names }: AnswersAbout, ip: string, namespace: string): void {
  const label = wireLabel(ip.replaceAll(/[.:]/g, '-'))
  if (label !== null) names.set(foldLabels(`${label}${wireLabel(namespace) ?? ''}\x03pod`), '')
}

/** The names of ports, in all ways that a port can be asked for, and those that exist because of them. */
function addPortNames(
  names: Map<string, string>,
  ports: readonly { readonly name: string; readonly protocol: string }[],
  own: string,
  text: string,
): void {
  for (const { name, protocol } of ports) {
    for (const protocolLabel of spellings(protocol)) {
      names.set(protocolLabel + own, text)
      for (const portLabel of spellings(name)) names.set(portLabel + protocolLabel + own, text)
    }
  }
}

/** A word as a label with and without its underscore; none for an empty word. */
function spellings(word: string): string[] {
  if (word === '') return []
  return [`_${word}`, word].map(text => foldLabels(wireLabel(text) ?? ''))
}

function labelsOf(name: string, namespace: string): string {
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
