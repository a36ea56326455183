import type { Query } from '#plugin/query.ts'
import { matchZone } from '#plugin/zones.ts'
import { parseAddress } from '#plugins/kubernetes/index/address.ts'
import type { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import type { PodState } from '#plugins/kubernetes/index/delta.ts'
import { clusterAt, namesCluster } from '#plugins/kubernetes/lookup/imported-part.ts'
import type { Request } from '#plugins/kubernetes/lookup/request.ts'
import { parseRequest, Subtree } from '#plugins/kubernetes/lookup/request.ts'
import { isReverseZone } from '#plugins/kubernetes/lookup/reverse-address.ts'
import type { ZonalRules } from '#plugins/kubernetes/lookup/zonal-name.ts'
import { hasZonalNames, parseZonalName } from '#plugins/kubernetes/lookup/zonal-name.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { formatName } from '#wire/name.ts'

const CLIENT = 'kubernetes/client-'
const CLIENT_LABEL = 'kubernetes/client-label/'

/** The value of a metadata label about a query, empty when the name has no such part; `null` for a label that is none of ours. */
export function queryMetadata(cluster: Cluster, rules: ZonalRules, label: string, query: Query): string | null {
  if (label.startsWith(CLIENT)) return clientMetadata(cluster, label, query)
  const zone = matchZone(rules.zones, query.folded)
  if (zone === null) return null
  return rules.zonal
    ? zonalMetadata(rules, label, query.folded, zone)
    : nameMetadata(label, query.folded, zone, rules.multiclusterZones.includes(zone))
}

/** About the pod that asks; several on the node's own network cannot be told apart, and the first one is taken as CoreDNS does. */
function clientMetadata(cluster: Cluster, label: string, query: Query): string | null {
  const address = parseAddress(query.peer.address)
  const pod: PodState | undefined = address === null ? undefined : cluster.podsAt(address.key)[0]
  if (pod === undefined) return null
  if (label === `${CLIENT}namespace`) return pod.namespace
  if (label === `${CLIENT}pod-name`) return pod.name
  if (!label.startsWith(CLIENT_LABEL)) return null
  const key = label.slice(CLIENT_LABEL.length)
  return pod.labels !== undefined && Object.hasOwn(pod.labels, key) ? pod.labels[key]! : null
}

/** About names as they are with the option `zonal`: those by topology zone are about the service that they end in. */
function zonalMetadata(rules: ZonalRules, label: string, name: FoldedName, zone: FoldedName): string | null {
  const asked = hasZonalNames(rules, zone) ? parseZonalName(name, name.length - zone.length) : null
  const plain = asked === null ? name : (name.slice(asked.serviceAt) as FoldedName)
  const isMulticluster = rules.multiclusterZones.includes(zone)
  if (label !== 'kubernetes/zone') return nameMetadata(label, plain, zone, isMulticluster)
  if (asked === null) return nameMetadata('kubernetes/kind', name, zone, isMulticluster) === null ? null : ''
  return formatName(`${asked.zone}\0` as Name).slice(0, -1)
}

function nameMetadata(label: string, name: FoldedName, zone: FoldedName, isMulticluster: boolean): string | null {
  const request = parseRequest(name, name.length - zone.length)
  const { subtree, depth } = request
  const isValid =
    !isReverseZone(zone) && (subtree === Subtree.APEX || subtree === Subtree.SERVICE || subtree === Subtree.POD)
  if (label === 'kubernetes/parse-error') return isValid ? null : 'invalid query name'
  if (!isValid) return null
  const imported = isMulticluster ? importedMetadata(label, request) : undefined
  if (imported !== undefined) return imported
  switch (label) {
    case 'kubernetes/kind':
      return depth < 0
        ? ''
        : subtree === Subtree.APEX
          ? printable(name.slice(1, 4))
          : subtree === Subtree.POD
            ? 'pod'
            : 'svc'
    case 'kubernetes/namespace':
      return depth < 1 ? '' : printable(request.namespace.slice(1))
    case 'kubernetes/service':
      return depth < 2 ? '' : printable(request.podName)
    case 'kubernetes/endpoint':
      return printable(request.endpoint.slice(1))
    case 'kubernetes/port-name':
      return printable(request.port)
    case 'kubernetes/protocol':
      return printable(request.protocol)
  }
  return null
}

/** What is read otherwise in a multicluster zone; `undefined` for the rest. */
function importedMetadata(label: string, request: Request): string | undefined {
  const hasCluster = namesCluster(request)
  const { left } = request
  switch (label) {
    case 'kubernetes/cluster':
      return hasCluster ? printable(left.slice(clusterAt(left) + 1)) : ''
    case 'kubernetes/endpoint':
      return hasCluster ? printable(left.slice(1, clusterAt(left))) : undefined
    case 'kubernetes/port-name':
    case 'kubernetes/protocol':
      return hasCluster ? '' : undefined
  }
  return undefined
}

/** The text of one label, with whatever cannot be printed escaped. */
function printable(text: string): string {
  return text === '' ? '' : formatName(`${String.fromCharCode(text.length)}${text}\0` as Name).slice(0, -1)
}
