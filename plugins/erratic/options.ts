import type { Directive, Line } from '#corefile/directive.ts'
import { MAX_TIMER_MS } from '#lib/timer.ts'

/** The directive `erratic`. Of `every` N, 0 is never. */
export interface ErraticOptions {
  /** Each how many queries one is left without reply. */
  readonly dropEvery: number
  readonly delayEvery: number
  readonly delayMs: number
  /** Each how many queries one gets a reply with TC set. */
  readonly truncateEvery: number
  /** Whether answers have many records. */
  readonly large: boolean
}

/** Reads `erratic { drop [N] | delay [N [DUR]] | truncate [N] | large }`. */
export function parseErraticOptions(directive: Directive): ErraticOptions {
  const read = directive.block({
    drop: readEvery,
    delay: line => ({ every: readEvery(line), ms: line.optional()?.durationMs({ max: MAX_TIMER_MS }) ?? 100 }),
    truncate: readEvery,
    large: line => line.flag(),
  })
  return Object.freeze({
    dropEvery: read.drop ?? (read.delay === undefined && read.truncate === undefined ? 2 : 0),
    delayEvery: read.delay?.every ?? 0,
    delayMs: read.delay?.ms ?? 0,
    truncateEvery: read.truncate ?? 0,
    large: read.large ?? false,
  })
}

function readEvery(line: Line): number {
  return line.optional()?.int() ?? 2
}
