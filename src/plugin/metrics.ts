/**
 * Prometheus metrics: counters, gauges and histograms whose values live in one typed array, so that counting costs an
 * addition to a known slot. Slots are resolved in `build`; nothing is looked up by label while a query is served.
 */

import { exposition } from '#plugin/exposition.ts'
import type { FamilySnapshot, Merge, MetricKind, RegistrySnapshot, SeriesSnapshot } from '#plugin/metric-snapshot.ts'
import { mergeSnapshots } from '#plugin/metric-snapshot.ts'

/** Stands between label values in the key of a series; no label value holds it. */
const SEPARATOR = '\xff'

/** A counter or gauge with its label values fixed. */
export class Slot {
  readonly #store: Store
  readonly #index: number

  constructor(store: Store, index: number) {
    this.#store = store
    this.#index = index
  }

  get value(): number {
    return this.#store.values[this.#index]!
  }

  inc(by = 1): void {
    this.#store.values[this.#index]! += by
  }

  set(value: number): void {
    this.#store.values[this.#index] = value
  }
}

/** A histogram with its label values fixed. */
export class HistogramSlot {
  readonly #store: Store
  readonly #index: number
  readonly #bounds: readonly number[]

  constructor(store: Store, index: number, bounds: readonly number[]) {
    this.#store = store
    this.#index = index
    this.#bounds = bounds
  }

  /** Counts one observation, in the unit of the metric's name. */
  observe(value: number): void {
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++
    const values = this.#store.values
    values[this.#index + bucket]! += 1
    values[this.#index + bounds.length + 1]! += value
  }
}

/** One combination of label values, and where its numbers are. */
export interface Series<S> {
  readonly labels: readonly string[]
  readonly slot: S
  readonly index: number
}

/** A metric and its series, one for each combination of label values seen. */
export class MetricFamily<S extends Slot | HistogramSlot> {
  readonly name: string
  readonly kind: MetricKind
  readonly help: string
  readonly labelNames: readonly string[]
  /** Upper bounds of a histogram's buckets, `+Inf` left out; empty for other kinds. */
  readonly bounds: readonly number[]
  /** What becomes of the values that several threads have for one series. */
  readonly merge: Merge
  /** By label values joined with a char that none can hold. */
  readonly series: Map<string, Series<S>> = new Map()
  readonly #store: Store

  constructor(store: Store, kind: MetricKind, options: MetricOptions) {
    this.#store = store
    this.kind = kind
    this.name = options.name
    this.help = options.help
    this.labelNames = options.labels ?? []
    this.bounds = options.buckets ?? []
    this.merge = options.merge ?? (kind === 'gauge' ? 'max' : 'sum')
  }

  /** The series with these label values, in the order of `labelNames`; made, with zeros, when it is new. */
  labels(...values: string[]): S {
    if (values.length !== this.labelNames.length) {
      throw new TypeError(
        `Cannot count ${this.name}: ${values.length} label values for ${this.labelNames.length} labels`,
      )
    }
    const key = values.join(SEPARATOR)
    const known = this.series.get(key)
    if (known !== undefined) return known.slot
    const index = this.#store.allocate(this.kind === 'histogram' ? this.bounds.length + 2 : 1)
    const slot = (
      this.kind === 'histogram' ? new HistogramSlot(this.#store, index, this.bounds) : new Slot(this.#store, index)
    ) as S
    this.series.set(key, { labels: values, slot, index })
    return slot
  }

  /** Drops a series, so that it is no longer exported. Its slot is not used again. */
  remove(...values: string[]): void {
    this.series.delete(values.join(SEPARATOR))
  }

  /** This family as plain data; `null` when it has no series. */
  snapshot(): FamilySnapshot | null {
    if (this.series.size === 0) return null
    const { name, kind, help, labelNames, bounds, merge } = this
    const length = kind === 'histogram' ? bounds.length + 2 : 1
    const series = [...this.series.values()].map(({ labels, index }) => ({
      labels,
      values: [...this.#store.values.subarray(index, index + length)],
    }))
    return { name, kind, help, labelNames, bounds, merge, series }
  }

  /** Adds the numbers of a series from elsewhere; for counters and histograms. */
  add({ labels, values }: SeriesSnapshot): void {
    this.labels(...labels)
    const { index } = this.series.get(labels.join(SEPARATOR))!
    for (const [i, value] of values.entries()) this.#store.values[index + i]! += value
  }
}

/** A metric that only grows. */
export type Counter = MetricFamily<Slot>
/** A metric that goes up and down. */
export type Gauge = MetricFamily<Slot>
/** A metric that counts observations by size. */
export type Histogram = MetricFamily<HistogramSlot>

/** What a metric is called and how its series are told apart. */
export interface MetricOptions {
  /** In full, `coredns_cache_hits_total`. */
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
  /** Upper bounds of a histogram's buckets, ascending, `+Inf` left out. */
  readonly buckets?: readonly number[]
  /** What becomes of a gauge that several threads have: the greatest unless it says `sum`. Others are always added up. */
  readonly merge?: Merge
}

/** All metrics of the process. They outlive a reload, as counters must. */
export class MetricRegistry {
  readonly #families = new Map<string, MetricFamily<Slot | HistogramSlot>>()
  readonly #collectors = new Set<() => void>()
  readonly #store = new Store()
  #others: () => Promise<readonly RegistrySnapshot[]> = async () => []

  /** The counter of that name, made when it is new. */
  counter(options: MetricOptions): Counter {
    return this.#family('counter', options) as Counter
  }

  /** The gauge of that name, made when it is new. */
  gauge(options: MetricOptions): Gauge {
    return this.#family('gauge', options) as Gauge
  }

  /** The histogram of that name, made when it is new. */
  histogram(options: MetricOptions): Histogram {
    return this.#family('histogram', options) as Histogram
  }

  /** Calls `collect` before each exposition, to set gauges that are only worth computing then. Returns what undoes it. */
  onCollect(collect: () => void): () => void {
    this.#collectors.add(collect)
    return () => this.#collectors.delete(collect)
  }

  /** What this registry holds, in the Prometheus text format. */
  expose(): string {
    return exposition(this.snapshot())
  }

  /** What the registries of all threads hold, added up, in the Prometheus text format. */
  async exposeAll(): Promise<string> {
    const others = await this.#others()
    return exposition(others.length === 0 ? this.snapshot() : mergeSnapshots([this.snapshot(), ...others]))
  }

  /** Says how `exposeAll` gets what the registries of other threads hold. */
  addFrom(others: () => Promise<readonly RegistrySnapshot[]>): void {
    this.#others = others
  }

  /** Everything as plain data. */
  snapshot(): RegistrySnapshot {
    for (const collect of this.#collectors) collect()
    return [...this.#families.values()].map(family => family.snapshot()).filter(family => family !== null)
  }

  /** Counts what another registry has counted that is no more, so that no counter goes back. Gauges are left out. */
  absorb(snapshot: RegistrySnapshot): void {
    for (const { name, kind, help, labelNames, bounds, series } of snapshot) {
      if (kind === 'gauge') continue
      const family = this.#family(kind, { name, help, labels: labelNames, buckets: bounds })
      for (const each of series) family.add(each)
    }
  }

  /** All families, for the rules that check names. */
  families(): MetricFamily<Slot | HistogramSlot>[] {
    return [...this.#families.values()]
  }

  #family(kind: MetricKind, options: MetricOptions): MetricFamily<Slot | HistogramSlot> {
    const known = this.#families.get(options.name)
    if (known !== undefined) {
      if (known.kind !== kind || known.labelNames.join() !== (options.labels ?? []).join()) {
        throw new TypeError(`Cannot define ${options.name} again: it is a ${known.kind} with other labels`)
      }
      return known
    }
    const family = new MetricFamily<Slot | HistogramSlot>(this.#store, kind, options)
    this.#families.set(options.name, family)
    return family
  }
}

/** Bucket bounds in seconds from 0.25 ms to 8.192 s, each twice the last (CoreDNS plugin.TimeBuckets). */
export const TIME_BUCKETS: readonly number[] = Array.from({ length: 16 }, (_, k) => 0.00025 * 2 ** k)
/** Bucket bounds in seconds from 0.25 ms to 2.5 s, each ten times the last. */
export const SLIM_TIME_BUCKETS: readonly number[] = [0.00025, 0.0025, 0.025, 0.25, 2.5]

class Store {
  values: Float64Array = new Float64Array(1024)
  #used = 0

  allocate(count: number): number {
    const index = this.#used
    this.#used += count
    if (this.#used > this.values.length) {
      const grown = new Float64Array(Math.max(this.values.length * 2, this.#used))
      grown.set(this.values)
      this.values = grown
    }
    return index
  }
}
