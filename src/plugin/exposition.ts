import type { FamilySnapshot, RegistrySnapshot, SeriesSnapshot } from '#plugin/metric-snapshot.ts'

/** Metrics in the Prometheus text format, version 0.0.4: families sorted by name, series by label values. */
export function exposition(snapshot: RegistrySnapshot): string {
  return snapshot
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .map(familyText)
    .join('')
}

function familyText(family: FamilySnapshot): string {
  const { name, help, kind } = family
  const keyed = family.series.map(series => ({ key: series.labels.join('\xff'), series }))
  keyed.sort((left, right) => (left.key < right.key ? -1 : 1))
  const lines = keyed.map(({ series }) => (kind === 'histogram' ? histogramText(family, series) : line(family, series)))
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${kind}\n${lines.join('')}`
}

function line(family: FamilySnapshot, { labels, values }: SeriesSnapshot): string {
  return `${family.name}${labelText(family, labels, '')} ${formatValue(values[0]!)}\n`
}

function histogramText(family: FamilySnapshot, { labels, values }: SeriesSnapshot): string {
  const { name, bounds } = family
  let text = ''
  let count = 0
  for (let i = 0; i <= bounds.length; i++) {
    count += values[i]!
    const bound = i < bounds.length ? formatValue(bounds[i]!) : '+Inf'
    text += `${name}_bucket${labelText(family, labels, bound)} ${formatValue(count)}\n`
  }
  text += `${name}_sum${labelText(family, labels, '')} ${formatValue(values[bounds.length + 1]!)}\n`
  return `${text}${name}_count${labelText(family, labels, '')} ${formatValue(count)}\n`
}

function labelText({ labelNames }: FamilySnapshot, labels: readonly string[], bound: string): string {
  const pairs = labelNames.map((label, i) => `${label}="${escapeLabel(labels[i]!)}"`)
  if (bound !== '') pairs.push(`le="${bound}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
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
