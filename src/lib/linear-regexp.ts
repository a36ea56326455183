import { setFlagsFromString } from 'node:v8'
import { fromRe2 } from '#lib/re2-syntax.ts'

// Adds the flag `l` to RegExp: V8's automaton engine, whose time is linear in the text, in place of the backtracking one
// that a hostile name or a careless pattern such as `^(a+)+$` can keep busy for ever. It has no switch in JavaScript.
setFlagsFromString('--enable-experimental-regexp-engine')

/** Longest pattern, in characters, as in CoreDNS. */
export const MAX_PATTERN_CHARS = 10_000

/**
 * A regular expression in Go's syntax (RE2) whose matching takes time linear in the text. Texts are taken to have no line
 * breaks. Throws a SyntaxError, in Go's words where it has some, for a pattern that is wrong, too long, or that cannot be
 * matched in linear time.
 */
export function linearRegExp(pattern: string): RegExp {
  if (pattern.length > MAX_PATTERN_CHARS) {
    throw new SyntaxError(`regex pattern too long: ${pattern.length} > ${MAX_PATTERN_CHARS}`)
  }
  const source = fromRe2(pattern)
  try {
    return new RegExp(source, 'l')
  } catch (error) {
    if (!isLinearityError(error)) throw new SyntaxError(`error parsing regexp: \`${pattern}\``, { cause: error })
    throw new SyntaxError(`regexp needs more than linear time: \`${pattern}\``)
  }
}

function isLinearityError(error: unknown): boolean {
  return error instanceof Error && error.message.endsWith('Cannot be executed in linear time')
}
