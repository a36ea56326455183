import type { MetricRegistry, Slot } from '#plugin/metrics.ts'
import type { ResponseKind } from '#plugin/response-kind.ts'
import type { Renewal, Reuse } from '#plugin/reuse.ts'
import type { ServerContext } from '#plugin/server-context.ts'
import { Passing } from '#plugins/cache/passing.ts'
import { isSuccess } from '#plugins/cache/storable.ts'

/** The counters of one server for one of the two stores. */
export interface StoreSlots {
  readonly hits: Slot
  readonly evictions: Slot
  readonly entries: Slot
  /** What goes up with a hit. */
  readonly counters: readonly Slot[]
}

/** The counters of one server, resolved. */
export interface CacheSlots {
  readonly requests: Slot
  readonly misses: Slot
  readonly drops: Slot
  readonly prefetches: Slot
  readonly servedStale: Slot
  readonly success: StoreSlots
  readonly denial: StoreSlots
  /** Those of the store for replies of a kind. */
  of(kind: ResponseKind): StoreSlots
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
    const prefetches = counter(
      'prefetch_total',
      'Entries that were asked for anew behind the back of an asker.',
      labels,
    )
    const servedStale = counter('served_stale_total', 'Queries answered with what was over.', labels)
    const hits = counter('hits_total', 'Queries answered from the cache.', typed)
    const evictions = counter('evictions_total', 'Entries given up to make room.', typed)
    const entries = metrics.gauge({
      name: 'coredns_cache_entries',
      help: 'Entries in the cache.',
      labels: typed,
      merge: 'sum',
    })
    const storeSlots = (server: string, type: string, all: Slot): StoreSlots => {
      const hit = hits.labels(server, type, zones, '')
      return {
        hits: hit,
        evictions: evictions.labels(server, type, zones, ''),
        entries: entries.labels(server, type, zones, ''),
        counters: [all, hit],
      }
    }
    this.#resolve = ({ label: server }) => {
      const all = requests.labels(server, zones, '')
      const missed = misses.labels(server, zones, '')
      const success = storeSlots(server, 'success', all)
      const denial = storeSlots(server, 'denial', all)
      const missCounters = [all, missed]
      const renewals = new Map<string, Renewal>()
      return {
        requests: all,
        misses: missed,
        drops: drops.labels(server, zones, ''),
        prefetches: prefetches.labels(server, zones, ''),
        servedStale: servedStale.labels(server, zones, ''),
        success,
        denial,
        of: kind => (isSuccess(kind) ? success : denial),
        renewalBy: author => {
          const known = renewals.get(author)
          if (known !== undefined) return known
          const renewal = { author, counters: missCounters }
          renewals.set(author, renewal)
          return renewal
        },
        passing: reuse => new Passing(reuse, missCounters),
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
      slots.success.entries.set(success)
      slots.denial.entries.set(denial)
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
