/** Variables by name, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Variables may refer to variables; further than this they go in circles or grow without end. */
const MAX_ROUNDS = 256
const MAX_CHARS = 1 << 20

/**
 * Puts the values of variables in the place of `{%NAME%}` and `{$NAME}`, first all of the one form, then of the other. An
 * unset variable is empty text, references within a value are followed, and what names no variable (`{$}`) ends the search.
 * `undefined` when references go in circles or the text outgrows all measure.
 */
export function expandEnvironment(text: string, environment: Environment): string | undefined {
  const once = replaceReferences(text, '{%', '%}', environment)
  return once === undefined ? undefined : replaceReferences(once, '{$', '}', environment)
}

function replaceReferences(text: string, open: string, close: string, environment: Environment): string | undefined {
  let expanded = text
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const start = expanded.indexOf(open)
    const end = start < 0 ? -1 : expanded.indexOf(close, start)
    if (end < 0 || end <= start + open.length) return expanded
    const name = expanded.slice(start + open.length, end)
    const value = Object.hasOwn(environment, name) ? (environment[name] ?? '') : ''
    expanded = expanded.replaceAll(expanded.slice(start, end + close.length), () => value)
    if (expanded.length > MAX_CHARS) return undefined
  }
  return undefined
}
