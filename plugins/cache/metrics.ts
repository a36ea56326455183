import type { MetricRegistry, Slot } from '#plugin/metrics.ts'
import type { Renewal, Reuse } from '#plugin/reuse.ts'
import type { ServerContext } from '#plugin/server-context.ts'
import { Passing } from '#plugins/cache/passing.ts'

/** The counters of one server, resolved. */
export interface CacheSlots {
  readonly requests: Slot
  readonly misses: Slot
  readonly drops: Slot
  readonly successHits: Slot
  readonly denialHits: Slot
  readonly successEvictions: Slot
  readonly denialEvictions: Slot
  readonly successEntries: Slot
  readonly denialEntries: Slot
  /** What goes up with a hit. */
  readonly successCounters: readonly Slot[]
  readonly denialCounters: readonly Slot[]
  /** How a stored reply counts that a plugin would make again just as it was. */
  renewalBy(author: string): Renewal
  /** The reuse of a reply that passed through without being stored: each time it is sent counts as a miss. */
  passing(reuse: Reuse): Reuse
}

/** The metrics of one cache: its slots for each server that has asked it. */
export class CacheMetrics {
  readonly #resolve: (server: ServerContext) => CacheSlots
  readonly #slots = new Map<ServerContext, CacheSlots>()
  #lastServer: ServerContext | null = null
  #last: CacheSlots | null = null

  /** `zones` is the label of that name, the zones' presentation forms with commas. */
  constructor(metrics: MetricRegistry, zones: string) {
    const labels = ['server', 'zones', 'view']
    const typed = ['server', 'type', 'zones', 'view']
    const counter = (name: string, help: string, names: readonly string[]) =>
      metrics.counter({ name: `coredns_cache_${name}`, help, labels: names })
    const requests = counter('requests_total', 'Queries that the cache looked up.', labels)
    const misses = counter(
      'misses_total',
      'Queries that the cache could not answer. Deprecated: requests less hits.',
      labels,
    )
    const drops = counter('drops_total', 'Replies not stored because they answer another question.', labels)
    const hits = counter('hits_total', 'Queries answered from the cache.', typed)
    const evictions = counter('evictions_total', 'Entries given up to make room.', typed)
    const entries = metrics.gauge({
      name: 'coredns_cache_entries',
      help: 'Entries in the cache.',
      labels: typed,
      merge: 'sum',
    })
    this.#resolve = ({ label: server }) => {
      const all = requests.labels(server, zones, '')
      const missed = misses.labels(server, zones, '')
      const successHits = hits.labels(server, 'success', zones, '')
      const denialHits = hits.labels(server, 'denial', zones, '')
      const missCounters = [all, missed]
      const renewals = new Map<string, Renewal>()
      return {
        requests: all,
        misses: missed,
        drops: drops.labels(server, zones, ''),
        successHits,
        denialHits,
        successCounters: [all, successHits],
        denialCounters: [all, denialHits],
        renewalBy: author => {
          const known = renewals.get(author)
          if (known !== undefined) return known
          const renewal = { author, counters: missCounters }
          renewals.set(author, renewal)
          return renewal
        },
        passing: reuse => new Passing(reuse, missCounters),
        successEvictions: evictions.labels(server, 'success', zones, ''),
        denialEvictions: evictions.labels(server, 'denial', zones, ''),
        successEntries: entries.labels(server, 'success', zones, ''),
        denialEntries: entries.labels(server, 'denial', zones, ''),
      }
    }
  }

  /** The slots of a server; those of the last one asked for cost nothing to find again. */
  of(server: ServerContext): CacheSlots {
    return this.#lastServer === server ? this.#last! : this.#find(server)
  }

  /** Sets the gauges of every server that has asked this cache. */
  setEntries(success: number, denial: number): void {
    for (const slots of this.#slots.values()) {
      slots.successEntries.set(success)
      slots.denialEntries.set(denial)
    }
  }

  #find(server: ServerContext): CacheSlots {
    let slots = this.#slots.get(server)
    if (slots === undefined) {
      slots = this.#resolve(server)
      this.#slots.set(server, slots)
    }
    this.#lastServer = server
    this.#last = slots
    return slots
  }
}
