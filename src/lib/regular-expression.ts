import { createRequire } from 'node:module'
import type * as Re2 from 're2js'

/** Longest pattern, in characters, as in CoreDNS. */
export const MAX_PATTERN_CHARS = 10_000

/** A regular expression in Go's syntax (RE2), matched in time linear in the text: no pattern can keep the server busy. */
export interface RegularExpression {
  /** Whether it matches somewhere in `text`. */
  test(text: string): boolean
}

const require = createRequire(import.meta.url)

/** Compiles a pattern. Throws a SyntaxError, in Go's words, for one that is wrong or too long. */
export function regularExpression(pattern: string): RegularExpression {
  if (pattern.length > MAX_PATTERN_CHARS) {
    throw new SyntaxError(`regex pattern too long: ${pattern.length} > ${MAX_PATTERN_CHARS}`)
  }
  // Loaded when the first pattern is met: most Corefiles have none, and the library takes 4 MB of memory.
  const { RE2JS } = require('re2js') as typeof Re2
  try {
    const compiled = RE2JS.compile(pattern)
    return { test: text => compiled.matcher(text).find() }
  } catch (error) {
    throw new SyntaxError((error as Error).message, { cause: error })
  }
}
