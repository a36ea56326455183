import type { Argument } from '#corefile/argument.ts'
import type { Directive, Line } from '#corefile/directive.ts'

/** One `bind` line: IP addresses and interface names, still unresolved. */
export interface BindLine {
  readonly listen: readonly Argument[]
  /** Taken away from what this line names. */
  readonly except: readonly Argument[]
}

/** Reads `bind ADDRESS|IFACE... { except ADDRESS|IFACE... }`. Which interfaces there are is not looked at. */
export function parseBind(directive: Directive): BindLine {
  const listen = directive.rest()
  if (listen.length === 0) directive.fail('at least one address or interface name is expected')
  const { except = [] } = directive.block({ except: readExcept }, failOption)
  return Object.freeze({ listen, except })
}

function readExcept(line: Line): readonly Argument[] {
  const except = line.rest()
  return except.length > 0
    ? except
    : line.fail('at least one address or interface must be given to except subdirective')
}

function failOption(line: Line): never {
  line.fail(`invalid option "${line.name.text}"`, line.name, "the only option is 'except'")
}
