/** The kinds of metrics, as a `# TYPE` line names them. */
export type MetricKind = 'counter' | 'gauge' | 'histogram'

/** What becomes of the values that several threads have for one series. */
export type Merge = 'sum' | 'max'

/** The numbers of one combination of label values at some moment, as plain data. */
export interface SeriesSnapshot {
  readonly labels: readonly string[]
  /** One number; for a histogram the count of each bucket, `+Inf` last, and then the sum of what was observed. */
  readonly values: readonly number[]
}

/** A metric and all its series at some moment, as plain data. */
export interface FamilySnapshot {
  readonly name: string
  readonly kind: MetricKind
  readonly help: string
  readonly labelNames: readonly string[]
  /** Upper bounds of a histogram's buckets, `+Inf` left out; empty for other kinds. */
  readonly bounds: readonly number[]
  readonly merge: Merge
  readonly series: readonly SeriesSnapshot[]
}

/** All metrics of a registry at some moment, as plain data. */
export type RegistrySnapshot = readonly FamilySnapshot[]

/** The metrics of several registries as if they were one. */
export function mergeSnapshots(snapshots: readonly RegistrySnapshot[]): RegistrySnapshot {
  const families = new Map<string, FamilySnapshot[]>()
  for (const family of snapshots.flat()) {
    const alike = families.get(family.name)
    if (alike === undefined) families.set(family.name, [family])
    else alike.push(family)
  }
  return [...families.values()].map(alike => (alike.length === 1 ? alike[0]! : mergeFamilies(alike)))
}

function mergeFamilies(families: readonly FamilySnapshot[]): FamilySnapshot {
  const { merge } = families[0]!
  const merged = new Map<string, { readonly labels: readonly string[]; readonly values: number[] }>()
  for (const { labels, values } of families.flatMap(family => family.series)) {
    const key = JSON.stringify(labels)
    const known = merged.get(key)
    if (known === undefined) merged.set(key, { labels, values: [...values] })
    else {
      for (const [i, value] of values.entries()) {
        known.values[i] = merge === 'sum' ? known.values[i]! + value : Math.max(known.values[i]!, value)
      }
    }
  }
  return { ...families[0]!, series: [...merged.values()] }
}
