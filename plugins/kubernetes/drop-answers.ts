import type { AnswerCache } from '#plugin/capability.ts'
import type { AnsweredZones } from '#plugins/kubernetes/answered-zones.ts'
import type { AnswersAbout } from '#plugins/kubernetes/index/answers-about.ts'
import { answersAbout, ownLabels } from '#plugins/kubernetes/index/answers-about.ts'
import type { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import type { Delta, DeltaBatch } from '#plugins/kubernetes/index/delta.ts'
import { foldLabels, wireLabel } from '#plugins/kubernetes/index/wire-label.ts'
import { join } from '#plugins/kubernetes/records/join.ts'
import { reverseName } from '#plugins/kubernetes/records/reverse-name.ts'
import type { FoldedName } from '#wire/name.ts'

/** Applies deltas to an index and has stored answers dropped, those about the names that they change and no others. */
export class AnswerDropper {
  readonly #cluster: Cluster
  readonly #zones: readonly FoldedName[]
  readonly #ownZones: readonly FoldedName[]
  readonly #multiclusterZones: readonly FoldedName[]
  readonly #caches: () => readonly AnswerCache[]

  /** `caches` are asked for with each batch. */
  constructor(cluster: Cluster, { zones, multiclusterZones }: AnsweredZones, caches: () => readonly AnswerCache[]) {
    this.#cluster = cluster
    this.#zones = zones
    this.#ownZones = zones.filter(zone => !multiclusterZones.includes(zone))
    this.#multiclusterZones = multiclusterZones
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
    this.#cluster.apply(one)
    const after = answersAbout(this.#cluster, delta)
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
      for (const subtree of ['\x03svc', '\x03pod']) {
        const below = join(label + subtree, zone) as FoldedName | null
        if (below === null) continue
        dropBelow(caches, below)
        for (const service of this.#cluster.servicesLeadingBelow(below))
          this.#drop(ownLabels(service), this.#ownZones, caches)
      }
    }
  }

  /** The zones in which an object of a kind has names; those of pods are the same in all zones. */
  #zonesOf(kind: Delta['kind']): readonly FoldedName[] {
    if (kind === 'pod') return this.#zones
    return kind === 'import' || kind === 'imported-slice' ? this.#multiclusterZones : this.#ownZones
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
