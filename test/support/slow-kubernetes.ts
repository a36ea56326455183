import { isIP } from 'node:net'
import type {
  DeltaBatch,
  EndpointState,
  ImportedSliceState,
  NamespaceState,
  PodState,
  ServiceState,
  SliceState,
} from '#plugins/kubernetes/index/delta.ts'

/** A cluster as plain lists. */
export interface SlowCluster {
  namespaces: NamespaceState[]
  services: ServiceState[]
  slices: SliceState[]
  pods: PodState[]
  imports: ServiceState[]
  'imported-slices': ImportedSliceState[]
}

/** The options that the slow lookup knows. */
export interface SlowOptions {
  readonly zone: string
  /** A multicluster zone. */
  readonly multiclusterZone: string
  readonly pods: 'disabled' | 'insecure' | 'verified'
  readonly ignoreEmptyService: boolean
  readonly zonal: boolean
  readonly endpointPodNames: boolean
  readonly namespaces: readonly string[] | null
}

/** An answer as sets of lines, each sorted. */
export interface SlowAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN'
  readonly answer: readonly string[]
  readonly additional: readonly string[]
}

interface Entry {
  readonly target: string
  readonly ip: string
  readonly port: number
}

const NXDOMAIN: SlowAnswer = { rcode: 'NXDOMAIN', answer: [], additional: [] }
const NODATA: SlowAnswer = { rcode: 'NOERROR', answer: [], additional: [] }

/** Takes a batch into the lists. */
export function applySlowly(cluster: SlowCluster, batch: DeltaBatch): void {
  for (const { kind, key, object } of batch.deltas) {
    const list: { name: string; namespace?: string }[] = cluster[`${kind}s`]
    const at = list.findIndex(each => (each.namespace === undefined ? '' : `${each.namespace}/`) + each.name === key)
    if (at >= 0) list.splice(at, 1)
    if (object !== null) list.push(object)
  }
}

/**
 * The obvious way to answer a name below `svc`, `pod` or the reverse trees: split it, and filter lists of objects. The
 * rules are those of Kubernetes' DNS specification as CoreDNS reads them; the plugin must agree with it. A target of an
 * ExternalName service is taken to have no addresses.
 */
export function slowLookup(cluster: SlowCluster, options: SlowOptions, qname: string, type: string): SlowAnswer {
  const name = qname.toLowerCase()
  if (name.endsWith('.arpa.')) return slowReverse(cluster, options, name, type)
  const isImported = name.endsWith(`.${options.multiclusterZone}`)
  const zone = isImported ? options.multiclusterZone : options.zone
  const labels = name
    .slice(0, -zone.length - 1)
    .split('.')
    .reverse()
  const [kind, namespace = '', service = '', ...rest] = labels
  if (kind !== 'svc' && kind !== 'pod') return NXDOMAIN
  if (namespace === '') return NODATA
  if (options.zonal && !isImported && kind === 'svc' && rest[0] === '_zone') {
    return slowZonal(cluster, options, namespace, service, rest.slice(1), qname, type)
  }
  if (rest.length > 2 || !isExposed(cluster, options, namespace)) return NXDOMAIN
  if (kind === 'pod') return slowPod(cluster, { ...options, zone }, namespace, service, qname, type)
  if (service === '') return NODATA
  const exported = { ...cluster, services: cluster.imports, slices: cluster['imported-slices'] }
  return slowService(isImported ? exported : cluster, { ...options, zone }, namespace, service, rest, qname, type)
}

function isExposed(cluster: SlowCluster, options: SlowOptions, namespace: string): boolean {
  if (options.namespaces !== null && !options.namespaces.includes(namespace)) return false
  return cluster.namespaces.some(each => each.name === namespace)
}

/** `rest` are the labels left of `_zone`, from right to left. */
function slowZonal(
  cluster: SlowCluster,
  options: SlowOptions,
  namespace: string,
  serviceName: string,
  rest: readonly string[],
  qname: string,
  type: string,
): SlowAnswer {
  const service = cluster.services.find(each => each.name === serviceName && each.namespace === namespace)
  if (!isExposed(cluster, options, namespace) || service?.kind !== 'headless') return NXDOMAIN
  const [directive = 'pin', ...zoneLabels] = rest
  if (directive !== 'pin' && directive !== 'prefer') return NXDOMAIN
  if (zoneLabels.length === 0) return NODATA
  const zone = zoneLabels.reverse().join('.')
  const slices = cluster.slices.filter(slice => slice.service === serviceName && slice.namespace === namespace)
  const inZone = slices.map(slice => ({ ...slice, endpoints: slice.endpoints.filter(each => each.zone === zone) }))
  const isEmpty = inZone.every(slice => slice.endpoints.length === 0)
  const chosen = directive === 'prefer' && isEmpty ? slices : inZone
  return answerOf(slowEntries(service, chosen, options, '', '', '') ?? [], qname, type)
}

function slowPod(
  cluster: SlowCluster,
  options: SlowOptions,
  namespace: string,
  podName: string,
  qname: string,
  type: string,
): SlowAnswer {
  if (options.pods === 'disabled') return NXDOMAIN
  if (podName === '') return NODATA
  const isIpv4 = podName.split('-').length === 4 && !podName.includes('--')
  const ip = podName.replaceAll('-', isIpv4 ? '.' : ':')
  if (isIP(ip) === 0) return NXDOMAIN
  const known = cluster.pods.some(pod => pod.ip === ip && pod.namespace === namespace)
  if (options.pods === 'verified' && !known) return NXDOMAIN
  return answerOf([{ target: `${podName}.${namespace}.pod.${options.zone}`, ip, port: 0 }], qname, type)
}

function slowService(
  cluster: SlowCluster,
  options: SlowOptions,
  namespace: string,
  serviceName: string,
  rest: readonly string[],
  qname: string,
  type: string,
): SlowAnswer {
  const service = cluster.services.find(each => each.name === serviceName && each.namespace === namespace)
  if (service === undefined) return NXDOMAIN
  const slices = cluster.slices.filter(slice => slice.service === serviceName && slice.namespace === namespace)
  const endpointCount = slices.flatMap(slice => slice.endpoints).length
  if (options.ignoreEmptyService && service.kind === 'address' && endpointCount === 0) return NXDOMAIN
  if (service.kind === 'external') {
    if (rest.length > 0 || isIP(service.externalName) !== 0) return NXDOMAIN
    return type === 'CNAME' || type === 'A' || type === 'AAAA'
      ? { rcode: 'NOERROR', answer: [`${qname} 5 IN CNAME ${service.externalName}.`], additional: [] }
      : NODATA
  }
  const hasCluster =
    options.zone === options.multiclusterZone && rest.length === 2 && rest.every(label => !label.startsWith('_'))
  // Without a cluster in the name, only endpoints without one are meant.
  const endpoint = hasCluster ? `${rest[1]}.${rest[0]}` : rest.length === 1 ? rest[0]! : ''
  const [protocol, port] = rest.length === 2 && !hasCluster ? rest.map(label => label.replace(/^_/, '')) : ['', '']
  const entries = slowEntries(service, slices, options, endpoint, port!, protocol!)
  if (entries !== null) return answerOf(entries, qname, type)
  const isProtocol =
    endpoint.startsWith('_') &&
    endpoint.length > 1 &&
    slowEntries(service, slices, options, '', '', endpoint.slice(1)) !== null
  const isCluster = slices.some(
    slice => endpoint !== '' && slice.endpoints.length > 0 && clusterOf(slice).toLowerCase() === endpoint,
  )
  return isProtocol || isCluster ? NODATA : NXDOMAIN
}

/** `null` when nothing matches. */
function slowEntries(
  service: ServiceState,
  slices: readonly SliceState[],
  options: SlowOptions,
  endpoint: string,
  port: string,
  protocol: string,
): Entry[] | null {
  const base = `${service.name}.${service.namespace}.svc.${options.zone}`
  const ports = (list: ServiceState['ports']): number[] => {
    if (list.length === 0) return port === '' && protocol === '' ? [-1] : []
    return list
      .filter(each => port === '' || each.name.toLowerCase() === port)
      .filter(each => protocol === '' || each.protocol.toLowerCase() === protocol)
      .map(each => each.port)
  }
  if (service.kind === 'address' && endpoint === '') {
    const matching = ports(service.ports)
    if (matching.length === 0) return null
    return matching.flatMap(number => service.addresses.map(ip => ({ target: base, ip, port: number })))
  }
  const entries = slices.flatMap(slice =>
    slice.endpoints
      .map(each => ({ ...each, own: slowOwnName(each, slice, options) }))
      .filter(({ own }) => endpoint === '' || own.toLowerCase() === endpoint)
      .flatMap(({ own, ...each }) => {
        const target = `${own}.${base}`
        return ports(slice.ports).map(number => ({ target, ip: each.address, port: number }))
      }),
  )
  return entries.length === 0 ? null : entries
}

/** What stands before the service's name: the endpoint's and, if it was imported, that of its cluster. */
function slowOwnName(endpoint: EndpointState, slice: SliceState, options: SlowOptions): string {
  const cluster = clusterOf(slice)
  return slowEndpointName(endpoint, options) + (cluster === '' ? '' : `.${cluster}`)
}

function clusterOf(slice: SliceState | ImportedSliceState): string {
  return 'cluster' in slice ? slice.cluster : ''
}

function slowEndpointName({ hostname, podName, address }: EndpointState, options: SlowOptions): string {
  if (hostname !== '') return hostname
  if (options.endpointPodNames && podName !== '') return podName
  return address.replaceAll(/[.:]/g, '-').replace(/-$/, '-0')
}

function slowReverse(cluster: SlowCluster, options: SlowOptions, name: string, type: string): SlowAnswer {
  const labels = name.split('.')
  if (labels.length !== 7) return NXDOMAIN
  const ip = labels.slice(0, 4).reverse().join('.')
  const isShown = (namespace: string): boolean => options.namespaces === null || isExposed(cluster, options, namespace)
  const service = cluster.services.find(each => each.addresses.includes(ip) && isShown(each.namespace))
  const targets =
    service !== undefined
      ? [`${service.name}.${service.namespace}.svc.${options.zone}`]
      : cluster.slices
          .filter(slice => isShown(slice.namespace))
          .flatMap(slice =>
            slice.endpoints
              .filter(each => each.address === ip)
              .map(
                each => `${slowEndpointName(each, options)}.${slice.service}.${slice.namespace}.svc.${options.zone}`,
              ),
          )
  if (targets.length === 0) return NXDOMAIN
  if (type !== 'PTR') return NODATA
  return { rcode: 'NOERROR', answer: sorted(targets.map(target => `${name} 5 IN PTR ${target}`)), additional: [] }
}

function answerOf(entries: readonly Entry[], qname: string, type: string): SlowAnswer {
  const addressType = (ip: string): string => (isIP(ip) === 4 ? 'A' : 'AAAA')
  if (type === 'A' || type === 'AAAA') {
    const matching = entries.filter(entry => addressType(entry.ip) === type)
    const answer = matching.map(entry => `${qname} 5 IN ${type} ${entry.ip}`)
    return { rcode: 'NOERROR', answer: sorted(answer), additional: [] }
  }
  if (type !== 'SRV') return NODATA
  const weight = Math.max(1, Math.floor((100 / (100 * entries.length)) * 100))
  const withPort = entries.filter(entry => entry.port !== -1)
  return {
    rcode: 'NOERROR',
    answer: sorted(withPort.map(entry => `${qname} 5 IN SRV 0 ${weight} ${entry.port} ${entry.target}`)),
    additional: sorted(withPort.map(entry => `${entry.target} 5 IN ${addressType(entry.ip)} ${entry.ip}`)),
  }
}

function sorted(lines: readonly string[]): string[] {
  return [...new Set(lines)].sort()
}
