import type { SearchPathFinder, SearchPaths } from '#plugin/search-path.ts'
import { matchZone } from '#plugin/zones.ts'
import { parseAddress } from '#plugins/kubernetes/index/address.ts'
import type { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import { isReverseZone } from '#plugins/kubernetes/lookup/reverse-address.ts'
import type { ZonalRules } from '#plugins/kubernetes/lookup/zonal-name.ts'
import { hasZonalNames, parseZonalName } from '#plugins/kubernetes/lookup/zonal-name.ts'
import type { KubernetesOptions } from '#plugins/kubernetes/options.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { labelsOf, prependLabels } from '#wire/name.ts'

const PROTOCOLS: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp', '_tcp', '_udp', '_sctp'])

/** The search paths of pods. */
export function podSearchPaths(cluster: Cluster, options: KubernetesOptions): SearchPaths {
  const zones = options.zones.filter(zone => !isReverseZone(zone))
  const byClient: SearchPathFinder = query => {
    const zone = matchZone(zones, query.folded)
    const address = zone === null ? null : parseAddress(query.peer.address)
    if (zone === null || address === null) return null
    const [first, ...others] = cluster.podsAt(address.key)
    // Pods with their node's address cannot be told apart.
    if (first === undefined || others.some(({ namespace }) => namespace !== first.namespace)) return null
    return pathFrom(first.namespace, zone)
  }
  const byName: SearchPathFinder = query => {
    const zone = matchZone(zones, query.folded)
    if (zone === null || !cluster.synced) return null
    const namespace = searchedFrom(cluster, options, query.folded, zone)
    return namespace === null ? null : pathFrom(namespace, zone)
  }
  return {
    plugin: 'kubernetes',
    byClient: options.pods === 'verified' ? byClient : null,
    byName,
    addsDomainsOfMachine: true,
  }
}

/** The domains that a pod's resolver appends (kubelet, `ClusterFirst`), up to those of its node. */
function pathFrom(namespace: string, zone: FoldedName): readonly Name[] | null {
  const own = prependLabels([namespace, 'svc'], zone)
  const services = prependLabels(['svc'], zone)
  return own === null || services === null ? null : [own, services, zone]
}

/**
 * The namespace in a name that a resolver has made by appending the first domain of a pod's search path; `null` for a name
 * that can just as well be meant as it is: a service, a name by topology zone, or a port or endpoint of a service that exists.
 */
function searchedFrom(cluster: Cluster, rules: ZonalRules, name: FoldedName, zone: FoldedName): string | null {
  if (hasZonalNames(rules, zone) && parseZonalName(name, name.length - zone.length) !== null) return null
  const labels = labelsOf(`${name.slice(0, name.length - zone.length)}\0` as FoldedName)
  const kind = labels.pop()
  const namespace = labels.pop()
  if (kind !== 'svc' || namespace === undefined || labels.length < 2) return null
  const namespaceLabel = labelOf(namespace)
  if (!cluster.isExposed(namespaceLabel)) return null
  if (labels.length > 3) return namespace
  const service = labels.at(-1)!
  const services = rules.multiclusterZones.includes(zone) ? cluster.clusterset : cluster
  if (services.service(labelOf(service) + namespaceLabel) !== undefined) return null
  return PROTOCOLS.has(labels.at(-2)!) ? null : namespace
}

function labelOf(text: string): string {
  return String.fromCharCode(text.length) + text
}
