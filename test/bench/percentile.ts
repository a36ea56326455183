/** The value below which a share (0 to 1) of the values lies; `null` without values. */
export function percentile(values: ArrayLike<number>, share: number): number | null {
  if (values.length === 0) return null
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
}
