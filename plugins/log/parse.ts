import type { Argument } from '#corefile/argument.ts'
import type { Directive } from '#corefile/directive.ts'
import type { ReplyClass } from '#plugins/log/reply-class.ts'
import { REPLY_CLASSES } from '#plugins/log/reply-class.ts'
import type { FoldedName } from '#wire/name.ts'
import { foldName, parseName, ROOT } from '#wire/name.ts'

const COMMON =
  '{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} {duration}'
const COMBINED = `${COMMON} "{>opcode}"`

/** What is logged of the queries for names in a scope. */
export interface LogRule {
  readonly scope: FoldedName
  /** `{common}` and `{combined}` written out. */
  readonly format: string
  /** `null` for all. */
  readonly classes: ReadonlySet<ReplyClass> | null
}

/** Reads `log [NAME...] [FORMAT] { class all|success|denial|error... }`: a rule for each name. */
export function parseLog(directive: Directive): LogRule[] {
  const args = directive.rest()
  const last = args.at(-1)
  // As in CoreDNS a single argument is a name, whatever it looks like.
  const hasFormat = args.length > 1 && last!.text.includes('{')
  const format = hasFormat ? expandFormat(last!.text) : COMMON
  const names = hasFormat ? args.slice(0, -1) : args
  const scopes = names.length > 0 ? names.map(readScope) : [ROOT]
  const wanted = new Set<ReplyClass | 'all'>()
  directive.block({
    class: line => {
      for (const argument of line.some()) wanted.add(readClass(argument))
    },
  })
  const classes = wanted.size === 0 || wanted.has('all') ? null : (wanted as ReadonlySet<ReplyClass>)
  return scopes.map(scope => Object.freeze({ scope, format, classes }))
}

function expandFormat(text: string): string {
  return text.replaceAll('{common}', COMMON).replaceAll('{combined}', COMBINED)
}

function readScope(argument: Argument): FoldedName {
  const scope = parseName(argument.text)
  if (scope !== null) return foldName(scope)
  const hint = argument.text.includes('{') ? "a format needs a name before it: 'log . FORMAT'" : ''
  return argument.fail(`'${argument.text}' is not a domain name`, hint)
}

function readClass(argument: Argument): ReplyClass | 'all' {
  const words = ['all', ...REPLY_CLASSES] as const
  const word = words.find(candidate => candidate === argument.text)
  return word ?? argument.fail(`invalid Class: ${argument.text}`, `one of ${words.join(', ')}`)
}
