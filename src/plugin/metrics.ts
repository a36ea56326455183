/**
 * Prometheus metrics: counters, gauges and histograms whose values live in one typed array, so that counting costs an
 * addition to a known slot. Slots are resolved in `build`; nothing is looked up by label while a query is served.
 */

/** The kinds of metrics, as a `# TYPE` line names them. */
export type MetricKind = 'counter' | 'gauge' | 'histogram'

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
  }

  /** The series with these label values, in the order of `labelNames`; made, with zeros, when it is new. */
  labels(...values: string[]): S {
    if (values.length !== this.labelNames.length) {
      throw new TypeError(
        `Cannot count ${this.name}: ${values.length} label values for ${this.labelNames.length} labels`,
      )
    }
    const key = values.join('\xff')
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
    this.series.delete(values.join('\xff'))
  }

  /** The text exposition of this family, sorted by labels; empty when it has no series. */
  expose(): string {
    if (this.series.size === 0) return ''
    let text = `# HELP ${this.name} ${escapeHelp(this.help)}\n# TYPE ${this.name} ${this.kind}\n`
    for (const key of [...this.series.keys()].sort()) {
      const { labels, index } = this.series.get(key)!
      text += this.kind === 'histogram' ? this.#exposeHistogram(labels, index) : this.#line('', labels, '', index)
    }
    return text
  }

  #line(suffix: string, labels: readonly string[], bound: string, index: number): string {
    return `${this.name}${suffix}${this.#labelText(labels, bound)} ${formatValue(this.#store.values[index]!)}\n`
  }

  #exposeHistogram(labels: readonly string[], index: number): string {
    let text = ''
    let count = 0
    for (let i = 0; i <= this.bounds.length; i++) {
      count += this.#store.values[index + i]!
      const bound = i < this.bounds.length ? formatValue(this.bounds[i]!) : '+Inf'
      text += `${this.name}_bucket${this.#labelText(labels, bound)} ${formatValue(count)}\n`
    }
    text += this.#line('_sum', labels, '', index + this.bounds.length + 1)
    return `${text}${this.name}_count${this.#labelText(labels, '')} ${formatValue(count)}\n`
  }

  #labelText(labels: readonly string[], bound: string): string {
    const pairs = this.labelNames.map((label, i) => `${label}="${escapeLabel(labels[i]!)}"`)
    if (bound !== '') pairs.push(`le="${bound}"`)
    return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
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
}

/** All metrics of the process. They outlive a reload, as counters must. */
export class MetricRegistry {
  readonly #families = new Map<string, MetricFamily<Slot | HistogramSlot>>()
  readonly #collectors = new Set<() => void>()
  readonly #store = new Store()

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

  /** The Prometheus text format, version 0.0.4, families sorted by name. */
  expose(): string {
    for (const collect of this.#collectors) collect()
    const names = [...this.#families.keys()].sort()
    return names.map(name => this.#families.get(name)!.expose()).join('')
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

function formatValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  return String(value)
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"')
}
