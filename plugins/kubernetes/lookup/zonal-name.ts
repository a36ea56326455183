import type { AnsweredZones } from '#plugins/kubernetes/answered-zones.ts'
import { PIN, PREFER, ZONES } from '#plugins/kubernetes/index/zonal-labels.ts'
import { isReverseZone } from '#plugins/kubernetes/lookup/reverse-address.ts'
import type { FoldedName } from '#wire/name.ts'

/** The options that decide where there are names by topology zone. */
export interface ZonalRules extends AnsweredZones {
  /** Whether there are any. */
  readonly zonal: boolean
}

/**
 * A name `<zone>.pin._zone.<service>.<namespace>.svc` or `<zone>.prefer._zone...` taken apart (option `zonal`), which asks for
 * the endpoints of a headless service that are in a topology zone. The parts are wire labels as they stand in the name.
 */
export interface ZonalName {
  /** One label or, for a zone with dots in its name, several. */
  readonly zone: string
  /** Whether all endpoints are meant when none is in the zone. */
  readonly prefers: boolean
  /** Where the name of the service begins. */
  readonly serviceAt: number
  /** `name.namespace`. */
  readonly service: string
  readonly namespace: string
}

const KIND = '\x03svc'
/** Labels to the left of `svc`: namespace, service, `_zone`, `pin` or `prefer`, and at least one of the zone. */
const MIN_DEPTH = 5

/** Whether there are names by topology zone in a DNS zone: services of the cluster itself have them, imported ones have not. */
export function hasZonalNames({ zonal, multiclusterZones }: ZonalRules, zone: FoldedName): boolean {
  return zonal && !multiclusterZones.includes(zone) && !isReverseZone(zone)
}

/** Takes apart a name whose DNS zone begins at the char `zoneAt`; `null` when it is none of these. */
export function parseZonalName(name: FoldedName, zoneAt: number): ZonalName | null {
  let kindAt = 0
  let namespaceAt = 0
  let serviceAt = 0
  let markAt = 0
  let directiveAt = 0
  let depth = -1
  for (let at = 0; at < zoneAt; at += 1 + name.charCodeAt(at)) {
    directiveAt = markAt
    markAt = serviceAt
    serviceAt = namespaceAt
    namespaceAt = kindAt
    kindAt = at
    depth++
  }
  if (depth < MIN_DEPTH || !name.startsWith(KIND, kindAt)) return null
  const prefers = name.startsWith(PREFER, directiveAt)
  if (!prefers && !name.startsWith(PIN, directiveAt)) return null
  return {
    zone: name.slice(0, directiveAt),
    prefers,
    serviceAt,
    service: name.slice(serviceAt, kindAt),
    namespace: name.slice(namespaceAt, kindAt),
  }
}

/** Whether labels to the left of a service have nothing but names by topology zone below them. */
export function leadsToZones(labels: string): boolean {
  return labels === ZONES || labels === PIN || labels === PREFER
}
