import type { AnswersAbout } from '#plugins/kubernetes/index/answers-about.ts'
import { labelsOf, ownLabels } from '#plugins/kubernetes/index/answers-about.ts'
import type { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import type { Delta } from '#plugins/kubernetes/index/delta.ts'
import type { ServiceEntry } from '#plugins/kubernetes/index/service.ts'
import { PIN, PREFER } from '#plugins/kubernetes/index/zonal-labels.ts'

/** What DNS answers about one object under names by topology zone (option `zonal`). */
export interface ZonalAnswers {
  /** The name of the service that the object is, as folded wire labels, if it has such names; else empty. */
  readonly headless: string
  /** For each service that has let all its endpoints stand in for a zone without any, a text that changes when they do. */
  readonly standIns: ReadonlyMap<ServiceEntry, string>
}

/** The answers that an index gives now about the object of a delta; those under names that can be listed go to `names`. */
export function zonalAnswers(cluster: Cluster, delta: Delta, names: AnswersAbout['names']): ZonalAnswers {
  if (delta.kind === 'service') {
    const [namespace = '', name = ''] = delta.key.split('/')
    const service = cluster.service(labelsOf(name, namespace))
    return { headless: service?.state?.kind === 'headless' ? ownLabels(service) : '', standIns: NONE }
  }
  return { headless: '', standIns: delta.kind === 'slice' ? addSlice(cluster, delta, names) : NONE }
}

const NONE: ReadonlyMap<ServiceEntry, string> = new Map()

/** Adds what the endpoints of a slice do for the zones that they are in. */
function addSlice(
  cluster: Cluster,
  { key, object }: Extract<Delta, { readonly kind: 'slice' }>,
  names: AnswersAbout['names'],
): ReadonlyMap<ServiceEntry, string> {
  const slice = cluster.slice(key)
  const ports = JSON.stringify(slice?.endpoints[0]?.ports)
  let all = ''
  for (const { zone, address, folded, service } of slice?.endpoints ?? []) {
    const text = ` ${folded} ${address.key} ${ports}`
    all += text
    if (zone === '' || service.state?.kind !== 'headless') continue
    for (const directive of [PIN, PREFER]) {
      const name = zone + directive + ownLabels(service)
      names.set(name, (names.get(name) ?? '') + text)
    }
  }
  const standIns = new Map<ServiceEntry, string>()
  // The slice may be about to come to another service than it belongs to.
  const next = object === null ? undefined : cluster.service(labelsOf(object.service, object.namespace))
  if (next?.hasStoodIn) standIns.set(next, '')
  if (slice?.service.hasStoodIn) standIns.set(slice.service, all)
  return standIns
}
