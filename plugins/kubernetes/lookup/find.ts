import { Candidates } from '#plugins/kubernetes/index/candidates.ts'
import type { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import type { ServiceEntry } from '#plugins/kubernetes/index/service.ts'
import { namesCluster } from '#plugins/kubernetes/lookup/imported-part.ts'
import { podAddress } from '#plugins/kubernetes/lookup/pod.ts'
import type { Request } from '#plugins/kubernetes/lookup/request.ts'
import { parseRequest, Subtree } from '#plugins/kubernetes/lookup/request.ts'
import { isReverseZone, reverseAddress } from '#plugins/kubernetes/lookup/reverse-address.ts'
import type { ZonalRules } from '#plugins/kubernetes/lookup/zonal-name.ts'
import { hasZonalNames, leadsToZones, parseZonalName } from '#plugins/kubernetes/lookup/zonal-name.ts'
import type { FoldedName } from '#wire/name.ts'

/** How pod names are answered (option `pods`). */
export const POD_MODES = ['disabled', 'insecure', 'verified'] as const
/** One of {@link POD_MODES}. */
export type PodMode = (typeof POD_MODES)[number]

/** The options that decide whether a name exists. */
export interface LookupRules extends ZonalRules {
  readonly pods: PodMode
  /** Whether a service with a cluster address but no ready endpoint counts as absent. */
  readonly ignoreEmptyService: boolean
}

/** A reverse name that exists: the wire labels, zone left out, of the names it points to. */
export interface Pointers {
  readonly kind: 'pointers'
  readonly labels: readonly string[]
}

/** What a name turned out to be; a `service` is always an ExternalName service. */
export type Found =
  | { readonly kind: 'name-error' | 'apex' | 'empty' | 'version' | 'name-server' }
  | Candidates
  | ServiceEntry
  | Pointers

/** The name does not exist. */
export const NAME_ERROR: Found = { kind: 'name-error' }
const APEX: Found = { kind: 'apex' }
const EMPTY: Found = { kind: 'empty' }
const VERSION: Found = { kind: 'version' }
const NAME_SERVER: Found = { kind: 'name-server' }

/** Looks up a name at or below `zone`. It only reads the index; the same index gives the same answer. */
export function find(cluster: Cluster, rules: LookupRules, name: FoldedName, zone: FoldedName): Found {
  const request = parseRequest(name, name.length - zone.length)
  switch (request.subtree) {
    case Subtree.SERVICE:
      if (isReverseZone(zone)) return NAME_ERROR
      return findService(cluster, rules, request, rules.multiclusterZones.includes(zone))
    case Subtree.POD:
      return isReverseZone(zone) ? NAME_ERROR : findPod(cluster, rules, request)
    case Subtree.APEX:
      return name.length === zone.length ? APEX : isReverseZone(zone) ? NAME_ERROR : EMPTY
    case Subtree.VERSION:
      return VERSION
    case Subtree.DNS:
      return EMPTY
    case Subtree.NAME_SERVER:
      return NAME_SERVER
    case Subtree.OTHER:
      return findZonal(cluster, rules, name, zone) ?? findPointers(cluster, name)
  }
}

function findService(cluster: Cluster, rules: LookupRules, request: Request, isImported: boolean): Found {
  if (!cluster.isExposed(request.namespace)) return NAME_ERROR
  if (request.depth === 1) return EMPTY
  const service = isImported ? cluster.clusterset.service(request.service) : cluster.service(request.service)
  if (service === undefined) return NAME_ERROR
  const kind = service.state!.kind
  if (kind === 'external') return request.depth === 2 && service.externalTarget !== null ? service : NAME_ERROR
  if (rules.ignoreEmptyService && kind === 'address' && service.endpoints.length === 0) return NAME_ERROR
  if (request.depth === 2) return service.whole() ?? NAME_ERROR
  if (isImported && namesCluster(request)) return service.part(request.left, '', '') ?? NAME_ERROR
  const part = service.part(request.endpoint, request.port, request.protocol)
  if (part !== null) return part
  // Names of clusters, and those above names by topology zone, have no records but others below them (RFC 8020 section 2).
  const exists = isImported
    ? service.hasCluster(request.endpoint)
    : rules.zonal && kind === 'headless' && leadsToZones(request.left)
  return exists ? EMPTY : emptyNonTerminal(service, request)
}

/**
 * The endpoints of a headless service in a topology zone. Whatever the zone, such a name exists as long as the service does.
 * `null` when the name is none of these, or there are none in the DNS zone.
 */
function findZonal(cluster: Cluster, rules: LookupRules, name: FoldedName, zone: FoldedName): Found | null {
  const asked = hasZonalNames(rules, zone) ? parseZonalName(name, name.length - zone.length) : null
  if (asked === null) return null
  const service = cluster.isExposed(asked.namespace) ? cluster.service(asked.service) : undefined
  if (service?.state?.kind !== 'headless') return NAME_ERROR
  return service.inZone(asked.zone) ?? (asked.prefers ? service.allInstead() : null) ?? EMPTY
}

/** `_tcp.<service>` has no records, but exists because `_http._tcp.<service>` does (RFC 8020 section 2). */
function emptyNonTerminal(service: ServiceEntry, request: Request): Found {
  const label = request.endpoint
  if (label.charCodeAt(1) !== 0x5f || label.length < 3) return NAME_ERROR
  return service.part('', '', label.slice(2)) === null ? NAME_ERROR : EMPTY
}

function findPod(cluster: Cluster, rules: LookupRules, request: Request): Found {
  const namespace = request.namespace
  if (rules.pods === 'disabled' || !cluster.isExposed(namespace)) return NAME_ERROR
  if (request.depth === 1) return EMPTY
  const address = podAddress(request.podName)
  if (address === null) return NAME_ERROR
  if (rules.pods === 'verified' && !cluster.hasPod(address.key, namespace)) return NAME_ERROR
  return new Candidates([{ labels: request.podLabels, address, port: 0 }])
}

/** What a reverse name points to: one service by its cluster address; if there is none, every endpoint with the address. */
export function findPointers(cluster: Cluster, name: FoldedName): Found {
  const address = reverseAddress(name)
  if (address === '') return NAME_ERROR
  for (const service of cluster.servicesAt(address)) {
    if (!cluster.hidesAddressesOf(service.namespace)) return { kind: 'pointers', labels: [`${service.labels}\x03svc`] }
  }
  const labels = new Set<string>()
  for (const { service, label } of cluster.endpointsAt(address)) {
    if (!cluster.hidesAddressesOf(service.namespace)) labels.add(`${label}${service.labels}\x03svc`)
  }
  return labels.size === 0 ? NAME_ERROR : { kind: 'pointers', labels: [...labels] }
}
