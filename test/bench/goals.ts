/** One line of a benchmark's table. */
export interface Measurement {
  readonly what: string
  /** `null` when it could not be measured. */
  readonly value: number | null
  readonly unit: string
  /** The most that it may be; absent where nothing is asked for. */
  readonly goal?: number
}

/** Whether a value is within its goal, in words; empty without a goal. */
export function verdict({ value, goal }: Measurement): string {
  if (goal === undefined) return ''
  return value === null ? 'not measured' : value <= goal ? 'met' : 'missed'
}

/** Measurements as a table of Markdown. */
export function goalTable(title: string, lines: readonly Measurement[]): string {
  const shown = lines.map(each => {
    const value = each.value === null ? 'not measured' : quantity(each.value, each.unit)
    const goal = each.goal === undefined ? '' : `at most ${quantity(each.goal, each.unit)}`
    return `| ${each.what} | ${value} | ${goal} | ${verdict(each)} |`
  })
  return `| ${title} | | goal | |\n|---|---|---|---|\n${shown.join('\n')}\n`
}

function quantity(value: number, unit: string): string {
  return `${Number(value.toPrecision(3))} ${unit}`.trim()
}
