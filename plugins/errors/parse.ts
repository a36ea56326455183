import type { Argument } from '#corefile/argument.ts'
import type { Directive, Line } from '#corefile/directive.ts'
import type { RegularExpression } from '#lib/regular-expression.ts'
import { regularExpression } from '#lib/regular-expression.ts'
import { MAX_TIMER_MS } from '#lib/timer.ts'

/** Levels that consolidated errors can be logged at. */
export const LEVELS = ['warning', 'error', 'info', 'debug'] as const
/** One of {@link LEVELS}. */
export type Level = (typeof LEVELS)[number]

/** One `consolidate` line. */
export interface ConsolidateRule {
  readonly periodMs: number
  /** As it was written. */
  readonly pattern: string
  readonly expression: RegularExpression
  readonly level: Level
  /** Whether the first error of a period is logged at once. */
  readonly showFirst: boolean
}

/** What `errors` does besides logging each error. */
export interface ErrorsOptions {
  readonly stacktrace: boolean
  /** The first whose pattern matches an error takes it. */
  readonly consolidate: readonly ConsolidateRule[]
}

/** Reads `errors [stdout] { stacktrace; consolidate DURATION REGEXP [LEVEL] [show_first] }`. */
export function parseErrors(directive: Directive): ErrorsOptions {
  const file = directive.optional()
  directive.end()
  if (file !== undefined && file.text !== 'stdout') file.fail(`invalid log file: ${file.text}`)
  const consolidate: ConsolidateRule[] = []
  const { stacktrace = false } = directive.block({
    stacktrace: line => line.flag(),
    consolidate: line => consolidate.push(readRule(line)),
  })
  return Object.freeze({ stacktrace, consolidate: Object.freeze(consolidate) })
}

function readRule(line: Line): ConsolidateRule {
  const periodMs = line.required().durationMs({ max: MAX_TIMER_MS })
  const pattern = line.required()
  const expression = readExpression(pattern)
  const extra = [line.optional(), line.optional()].filter(argument => argument !== undefined)
  line.end()
  let level: Level | undefined
  let showFirst = false
  for (const argument of extra) {
    if (argument.text === 'show_first') {
      showFirst = true
      continue
    }
    const named = LEVELS.find(candidate => candidate === argument.text)
    if (named === undefined) argument.fail(`unknown option in consolidate: ${argument.text}`)
    if (level !== undefined) argument.fail('multiple log levels specified in consolidate')
    if (showFirst) argument.fail('log level must come before show_first in consolidate')
    level = named
  }
  return Object.freeze({ periodMs, pattern: pattern.text, expression, level: level ?? 'error', showFirst })
}

function readExpression(argument: Argument): RegularExpression {
  try {
    return regularExpression(argument.text)
  } catch (error) {
    return argument.fail((error as SyntaxError).message)
  }
}
