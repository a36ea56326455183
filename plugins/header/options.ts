import type { Directive, Line } from '#corefile/directive.ts'
import { CorefileError } from '#corefile/error.ts'
import { Flag } from '#wire/constants.ts'

/** Header bits to set and to clear; cleared bits are cleared last. */
export interface FlagChange {
  readonly set: number
  readonly clear: number
}

/** The directive `header`. */
export interface HeaderOptions {
  readonly query: FlagChange
  readonly response: FlagChange
}

const FLAGS: Record<string, number> = { aa: Flag.AA, ra: Flag.RA, rd: Flag.RD }

const NO_CHANGE: FlagChange = { set: 0, clear: 0 }

/** Reads `header { query|response set|clear FLAG... }`; the rules of a further block come after those before it. */
export function parseHeaderOptions(
  directive: Directive,
  _block: unknown,
  previous: HeaderOptions | undefined,
): HeaderOptions {
  let query = previous?.query ?? NO_CHANGE
  let response = previous?.response ?? NO_CHANGE
  directive.block({}, line => {
    const selector = line.name.text.toLowerCase()
    if (selector === 'query') query = changed(query, line)
    else if (selector === 'response') response = changed(response, line)
    else line.fail(`setting up rule: invalid selector=${selector} should be query or response`)
  })
  if (directive.lines === null || directive.lines.length === 0) directive.failCount()
  return Object.freeze({ query, response })
}

/** `change` followed by one more rule; a later rule for a flag outdoes an earlier one. */
function changed(change: FlagChange, line: Line): FlagChange {
  const action = line.required().oneOf('flag action', ['set', 'clear'])
  let flags = 0
  for (const { text, token } of line.some()) {
    const flag = FLAGS[text.toLowerCase()]
    if (flag === undefined) throw new CorefileError(token, `unknown/unsupported flag=${text}`, 'one of aa, ra, rd')
    flags |= flag
  }
  return action === 'set'
    ? { set: change.set | flags, clear: change.clear & ~flags }
    : { set: change.set & ~flags, clear: change.clear | flags }
}
