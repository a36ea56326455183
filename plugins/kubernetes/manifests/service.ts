import { isIP } from 'node:net'
import type { PortState } from '#plugins/kubernetes/index/delta.ts'
import type { Labels } from '#plugins/kubernetes/label-selector.ts'
import type { Metadata } from '#plugins/kubernetes/manifests/metadata.ts'
import { readLabelName, readMetadata } from '#plugins/kubernetes/manifests/metadata.ts'
import type { ManifestNode } from '#plugins/kubernetes/manifests/node.ts'
import { readPort } from '#plugins/kubernetes/manifests/ports.ts'
import { parseName } from '#wire/name.ts'

/** 4 or 6. */
export type IpFamily = 4 | 6

/** A port of a Service. */
export interface ServicePort extends PortState {
  /** The pods' port, by number or by the name that their containers give it; 0 for the same number. */
  readonly targetPort: number | string
}

/** A Service as its manifest says it. */
export interface ManifestService {
  readonly kind: 'Service'
  readonly metadata: Metadata
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
  readonly isHeadless: boolean
  /** The cluster addresses that are written down, at most one a family. */
  readonly clusterIps: readonly string[]
  /** The families that it is to have, in order; `null` when the manifest leaves that open. */
  readonly ipFamilies: readonly IpFamily[] | null
  /** Empty unless the type is ExternalName. */
  readonly externalName: string
  /** `null` when there is none. */
  readonly selector: Labels | null
  readonly ports: readonly ServicePort[]
  readonly publishNotReadyAddresses: boolean
  /** Addresses and host names by which it is reached from outside. */
  readonly externals: readonly string[]
}

const TOLERATE_UNREADY = 'service.alpha.kubernetes.io/tolerate-unready-endpoints'

/** Reads a Service and checks it as the API server would, as far as DNS is concerned. */
export function readService(object: ManifestNode): ManifestService {
  const metadata = readMetadata(object)
  readLabelName(object.get('metadata').get('name'))
  const spec = object.get('spec')
  if (!spec.isMap) spec.fail('is missing')
  const type = spec.get('type').oneOf(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'])
  const isExternal = type === 'ExternalName'
  const isHeadless = !isExternal && readsNone(spec)
  const clusterIps = isExternal || isHeadless ? [] : readClusterIps(spec)
  const selector = spec.get('selector').texts()
  if (isExternal && !isEmpty(spec.get('clusterIP'))) spec.get('clusterIP').fail('is not for type ExternalName')
  if (isHeadless && type !== 'ClusterIP') spec.get('clusterIP').fail(`None is not for type ${type}`)
  return {
    kind: 'Service',
    metadata,
    type,
    isHeadless,
    clusterIps,
    ipFamilies: readFamilies(spec, clusterIps),
    externalName: isExternal ? readExternalName(spec.get('externalName')) : '',
    selector: Object.keys(selector).length === 0 ? null : selector,
    ports: readServicePorts(spec.get('ports'), !isExternal && !isHeadless),
    publishNotReadyAddresses:
      spec.get('publishNotReadyAddresses').boolean(false) || metadata.annotations[TOLERATE_UNREADY] === 'true',
    externals: [...spec.get('externalIPs').items().map(readExternalIp), ...readIngress(object.get('status'))],
  }
}

function readsNone(spec: ManifestNode): boolean {
  return spec.get('clusterIP').optionalText() === 'None' || spec.get('clusterIPs').items()[0]?.optionalText() === 'None'
}

function readClusterIps(spec: ManifestNode): string[] {
  const single = spec.get('clusterIP')
  const list = spec.get('clusterIPs')
  const nodes = list.items().length > 0 ? list.items() : isEmpty(single) ? [] : [single]
  const addresses = nodes.map(node => node.text())
  for (const [i, address] of addresses.entries()) {
    if (isIP(address) === 0) nodes[i]!.fail(`'${address}' is not an IP address, None or empty`)
  }
  if (addresses.length > 2) list.fail('has more than two addresses')
  if (addresses.length === 2 && isIP(addresses[0]!) === isIP(addresses[1]!)) {
    list.fail('has two addresses of one family')
  }
  if (!isEmpty(single) && single.text() !== addresses[0]) single.fail('must be the first of spec.clusterIPs')
  return addresses
}

function readFamilies(spec: ManifestNode, clusterIps: readonly string[]): readonly IpFamily[] | null {
  const policy = spec.get('ipFamilyPolicy')
  const isDual = policy.oneOf(['SingleStack', 'PreferDualStack', 'RequireDualStack']) !== 'SingleStack'
  const families = spec
    .get('ipFamilies')
    .items()
    .map(item => (item.oneOf(['IPv4', 'IPv6']) === 'IPv4' ? 4 : 6))
  if (new Set(families).size < families.length) spec.get('ipFamilies').fail('names a family twice')
  if (families.length === 2 && !policy.isAbsent && !isDual) policy.fail('SingleStack has one family')
  for (const [i, address] of clusterIps.entries()) {
    const family = isIP(address) as IpFamily
    if (families[i] !== undefined && families[i] !== family) {
      spec.get('ipFamilies').fail(`does not agree with the address ${address}`)
    }
    families[i] ??= family
  }
  if (!isDual) return families.length === 0 ? null : families
  const first = families[0] ?? 4
  return [first, families[1] ?? (first === 4 ? 6 : 4)]
}

function readExternalName(node: ManifestNode): string {
  const name = node.text()
  return parseName(name) === null ? node.fail(`'${name}' is not a domain name`) : name
}

function readExternalIp(node: ManifestNode): string {
  const ip = node.text()
  return isIP(ip) === 0 ? node.fail(`'${ip}' is not an IP address`) : ip
}

/** What the load balancer has got, by hand or from the cluster that the manifest was taken from. */
function readIngress(status: ManifestNode): string[] {
  const items = status.get('loadBalancer').get('ingress').items()
  return items.map(item =>
    item.get('ip').isAbsent ? readExternalName(item.get('hostname')) : readExternalIp(item.get('ip')),
  )
}

function readServicePorts(list: ManifestNode, isRequired: boolean): ServicePort[] {
  const items = list.items()
  if (isRequired && items.length === 0) list.fail('is missing: a Service with a cluster address needs a port')
  const ports = items.map(item => ({ ...readPort(item), targetPort: item.get('targetPort').portOrName() }))
  const names = new Set<string>()
  const numbers = new Set<string>()
  for (const [i, { name, protocol, port }] of ports.entries()) {
    if (name === '' && ports.length > 1) items[i]!.get('name').fail('is missing: one of several ports needs a name')
    if (names.has(name)) items[i]!.get('name').fail(`'${name}' is the name of another port`)
    if (numbers.has(`${port} ${protocol}`)) items[i]!.get('port').fail(`${port}/${protocol} is another port's`)
    names.add(name)
    numbers.add(`${port} ${protocol}`)
  }
  return ports
}

function isEmpty(node: ManifestNode): boolean {
  return node.optionalText() === ''
}
