const unitMs: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}
const part = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)/y

/** Milliseconds of a duration in Go's form (`300ms`, `1h30m`, `-1.5s`, `0`); `undefined` when it is none. */
export function parseDurationMs(text: string): number | undefined {
  const negative = text.startsWith('-')
  const unsigned = text.replace(/^[+-]/, '')
  if (unsigned === '0') return 0
  let ms = 0
  let at = 0
  while (at < unsigned.length) {
    part.lastIndex = at
    const match = part.exec(unsigned)
    if (match === null) return undefined
    ms += Number(match[1]) * unitMs[match[2]!]!
    at = part.lastIndex
  }
  return unsigned === '' ? undefined : negative ? -ms : ms
}

/** A duration as Go prints it: `5s`, `1m30s`, `250ms`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  if (ms < 0) return `-${formatDuration(-ms)}`
  if (ms < 1) return ms < 1e-3 ? `${Math.round(ms * 1e6)}ns` : `${trim(ms * 1e3)}µs`
  if (ms < 1000) return `${trim(ms)}ms`
  const hours = Math.floor(ms / 3_600_000)
  const minutes = Math.floor((ms % 3_600_000) / 60_000)
  const seconds = `${trim((ms % 60_000) / 1000)}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}

function trim(value: number): string {
  return String(Number(value.toFixed(6)))
}
