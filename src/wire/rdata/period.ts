const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 }

/** The seconds of a time to live in zone file form, `3600` or `1h30m` (letters in any case); `null` beyond 32 bits or if it is none. */
export function parsePeriodSeconds(text: string): number | null {
  if (!/^(?:\d{1,10}|(?:\d{1,10}[smhdw])+)$/i.test(text) || text.length > 64) return null
  let seconds = 0
  for (const [, count, unit] of text.matchAll(/(\d+)([a-z]?)/gi)) {
    seconds += Number(count) * (UNIT_SECONDS[unit!.toLowerCase()] ?? 1)
  }
  return seconds <= 0xffffffff ? seconds : null
}
