import type { AnswerCache } from '#plugin/capability.ts'
import type { AnswersAbout } from '#plugins/kubernetes/index/answers-about.ts'
import { answersAbout, ownLabels } from '#plugins/kubernetes/index/answers-about.ts'
import type { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import type { Delta, DeltaBatch } from '#plugins/kubernetes/index/delta.ts'
import { foldLabels, wireLabel } from '#plugins/kubernetes/index/wire-label.ts'
import type { ZonalAnswers } from '#plugins/kubernetes/index/zonal-answers.ts'
import { zonalAnswers } from '#plugins/kubernetes/index/zonal-answers.ts'
import { PREFER, ZONES } from '#plugins/kubernetes/index/zonal-labels.ts'
import type { ZonalRules } from '#plugins/kubernetes/lookup/zonal-name.ts'
import { hasZonalNames } from '#plugins/kubernetes/lookup/zonal-name.ts'
import { join } from '#plugins/kubernetes/records/join.ts'
import { reverseName } from '#plugins/kubernetes/records/reverse-name.ts'
import type { FoldedName } from '#wire/name.ts'
import { foldName } from '#wire/name.ts'

/** Applies deltas to an index and has stored answers dropped, those about the names that they change and no others. */
export class AnswerDropper {
  readonly #cluster: Cluster
  readonly #zones: readonly FoldedName[]
  readonly #ownZones: readonly FoldedName[]
  readonly #multiclusterZones: readonly FoldedName[]
  /** Those that have names by topology zone. */
  readonly #zonalZones: readonly FoldedName[]
  readonly #caches: () => readonly AnswerCache[]

  /** `caches` are asked for with each batch. */
  constructor(cluster: Cluster, rules: ZonalRules, caches: () => readonly AnswerCache[]) {
    const { zones, multiclusterZones } = rules
    this.#cluster = cluster
    this.#zones = zones
    this.#ownZones = zones.filter(zone => !multiclusterZones.includes(zone))
    this.#multiclusterZones = multiclusterZones
    this.#zonalZones = zones.filter(zone => hasZonalNames(rules, zone))
    this.#caches = caches
  }

  apply(batch: DeltaBatch): void {
    const caches = this.#caches().filter(cache => !cache.isEmpty)
    const wasSynced = this.#cluster.synced
    if (caches.length === 0) {
      this.#cluster.apply(batch)
      return
    }
    for (const delta of batch.deltas) this.#applyOne(batch, delta, caches)
    this.#cluster.apply({ ...batch, deltas: [] })
    // What was not known for sure is now.
    if (wasSynced !== this.#cluster.synced) for (const zone of this.#zones) dropBelow(caches, zone)
  }

  #applyOne(batch: DeltaBatch, delta: Delta, caches: readonly AnswerCache[]): void {
    const one = { ...batch, deltas: [delta] }
    if (delta.kind === 'namespace') {
      this.#applyNamespace(one, delta.key, caches)
      return
    }
    const before = answersAbout(this.#cluster, delta)
    const isZonal = this.#zonalZones.length > 0
    const zonalBefore = isZonal ? zonalAnswers(this.#cluster, delta, before.names) : null
    this.#cluster.apply(one)
    const after = answersAbout(this.#cluster, delta)
    if (zonalBefore !== null) this.#dropZonal(zonalBefore, zonalAnswers(this.#cluster, delta, after.names), caches)
    const zones = this.#zonesOf(delta.kind)
    for (const labels of changed(before, after, 'names')) this.#drop(labels, zones, caches)
    for (const address of changed(before, after, 'addresses')) {
      const name = reverseName(address)
      for (const cache of name === null ? [] : caches) cache.drop(name!)
    }
  }

  #applyNamespace(batch: DeltaBatch, name: string, caches: readonly AnswerCache[]): void {
    const label = foldLabels(wireLabel(name) ?? '')
    const wasExposed = this.#cluster.isExposed(label)
    this.#cluster.apply(batch)
    if (wasExposed === this.#cluster.isExposed(label)) return
    for (const zone of this.#zones) {
      // With the option `namespaces`, reverse names come and go with their namespace, wherever they are.
      if (zone.endsWith('\x04arpa\0')) dropBelow(this.#cluster.hidesAddresses ? caches : [], zone)
      for (const subtree of ['\x03svc', '\x03pod']) this.#dropTree(label + subtree, zone, caches)
    }
  }

  /** Drops what cannot be listed: whatever is asked for below a service that has names by topology zone exists. */
  #dropZonal(before: ZonalAnswers, after: ZonalAnswers, caches: readonly AnswerCache[]): void {
    if (before.headless !== after.headless) {
      const own = before.headless || after.headless
      for (const zone of this.#zonalZones) this.#dropTree(ZONES + own, zone, caches)
    }
    for (const [service, text] of before.standIns) {
      if (after.standIns.get(service) === text) continue
      service.hasStoodIn = false
      const labels = PREFER + ownLabels(service)
      for (const zone of this.#zonalZones) {
        // A topology zone that has endpoints is listed, and its names dropped if those have changed.
        const isMeant = (name: FoldedName) => service.inZone(name.slice(0, -labels.length - zone.length)) === null
        this.#dropTree(labels, zone, caches, isMeant)
      }
    }
  }

  /** The zones in which an object of a kind has names; those of pods are the same in all zones. */
  #zonesOf(kind: Delta['kind']): readonly FoldedName[] {
    if (kind === 'pod') return this.#zones
    return kind === 'import' || kind === 'imported-slice' ? this.#multiclusterZones : this.#ownZones
  }

  /** Drops a name of a zone and all below it, or those of them that are meant, as well as those of ExternalName services that lead there. */
  #dropTree(
    labels: string,
    zone: FoldedName,
    caches: readonly AnswerCache[],
    isMeant: (name: FoldedName) => boolean = () => true,
  ): void {
    const top = join(labels, zone) as FoldedName | null
    if (top === null) return
    for (const cache of caches) cache.dropBelow(top, isMeant)
    for (const service of this.#cluster.servicesLeadingBelow(top)) {
      if (isMeant(foldName(service.externalTarget!))) this.#drop(ownLabels(service), this.#ownZones, caches)
    }
  }

  /** Drops a name of some zones, and those of ExternalName services that lead to it: a denial does not say that it came from there. */
  #drop(first: string, zones: readonly FoldedName[], caches: readonly AnswerCache[]): void {
    const waiting = [{ labels: first, zones }]
    const seen = new Set<string>()
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const zone of next.zones) {
        const name = join(next.labels, zone) as FoldedName | null
        if (name === null) continue
        for (const cache of caches) cache.drop(name)
        for (const service of this.#cluster.servicesLeadingTo(name)) {
          const labels = ownLabels(service)
          if (!seen.has(labels)) waiting.push({ labels, zones: this.#ownZones })
          seen.add(labels)
        }
      }
    }
  }
}

function dropBelow(caches: readonly AnswerCache[], name: FoldedName): void {
  for (const cache of caches) cache.dropBelow(name)
}

/** The names or addresses about which the answers differ. */
function changed(before: AnswersAbout, after: AnswersAbout, what: keyof AnswersAbout): string[] {
  const keys = new Set([...before[what].keys(), ...after[what].keys()])
  return [...keys].filter(key => before[what].get(key) !== after[what].get(key))
}
