import type { SourceFile } from '#test/support/source.ts'
import { lineAt } from '#test/support/source.ts'

/** A message as it is written in code or docs: fixed text, and holes that a value fills. */
export interface MessagePattern {
  /** `path:line`. */
  readonly place: string
  /** As text: holes are `X` in messages from code and words in CAPITALS in messages from docs. */
  readonly text: string
  /** Matches the messages that the pattern can become. */
  readonly expression: RegExp
}

/** Calls that end in an error for the user, and which argument is its message. */
const calls: readonly (readonly [RegExp, number])[] = [
  [/\.fail\(/g, 0],
  [/\bnew CorefileError\(/g, 1],
]

/** The messages that a source file hands to `fail` or `CorefileError`; those it takes from a variable are left out. */
export function messagesInCode({ path, text }: SourceFile): MessagePattern[] {
  return calls.flatMap(([call, position]) =>
    [...text.matchAll(call)].flatMap(({ 0: { length }, index }) => {
      const argument = argumentsAt(text, index + length)[position] ?? ''
      return alternativesOf(argument)
        .filter(parts => /\w{3}/.test(parts.filter(part => part !== null).join(' ')))
        .map(parts => fromParts(`${path}:${lineAt(text, index)}`, parts))
    }),
  )
}

/** The messages in the first column of the tables of docs/errors.md. */
export function messagesInDocs({ path, text }: SourceFile): MessagePattern[] {
  return text.split('\n').flatMap((line, index) => {
    const message = /^\| `` ?(.+?) ?`` \|/.exec(line)?.[1] ?? /^\| `([^`]+)` \|/.exec(line)?.[1]
    if (message === undefined) return []
    const plain = message.replaceAll('\\|', '|')
    const parts = plain.split(/\b[A-Z][A-Z0-9_]*\b(?:\.{3})?/).flatMap((part, at) => (at === 0 ? [part] : [null, part]))
    return [{ ...fromParts(`${path}:${index + 1}`, parts), text: plain }]
  })
}

/** Whether two patterns can be the same message. */
export function agree(code: MessagePattern, docs: MessagePattern): boolean {
  return code.expression.test(docs.text) || docs.expression.test(code.text)
}

function fromParts(place: string, parts: readonly (string | null)[]): MessagePattern {
  const source = parts.map(part => (part === null ? '.+?' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))).join('')
  return { place, text: parts.map(part => part ?? 'X').join(''), expression: new RegExp(`^${source}$`, 's') }
}

/** The text of each argument of a call whose opening parenthesis ends before `start`. */
function argumentsAt(text: string, start: number): string[] {
  const found: string[] = []
  let begin = start
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const char = text[at]!
    if (char === "'" || char === '"' || char === '`') at = endOfLiteral(text, at)
    else if ('([{'.includes(char)) depth++
    else if (depth > 0 && ')]}'.includes(char)) depth--
    else if (depth === 0 && (char === ',' || char === ')')) {
      found.push(text.slice(begin, at))
      begin = at + 1
      if (char === ')') return found
    }
  }
  return found
}

/** Offset of the quote that ends the literal which starts at `at`. */
function endOfLiteral(text: string, at: number): number {
  const quote = text[at]!
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\') end++
    else if (text[end] === quote) return end
    else if (quote === '`' && text.startsWith('${', end)) end = endOfHole(text, end + 2)
  }
  return text.length
}

/** Offset of the brace that ends the hole whose expression starts at `at`. */
function endOfHole(text: string, at: number): number {
  let depth = 0
  for (let end = at; end < text.length; end++) {
    const char = text[end]!
    if (char === "'" || char === '"' || char === '`') end = endOfLiteral(text, end)
    else if (char === '{') depth++
    else if (char === '}' && depth-- === 0) return end
  }
  return text.length
}

/** The texts that an expression can be, each as fixed parts and holes (`null`): `a ? 'x' : 'y' + z` is two. */
function alternativesOf(expression: string): (string | null)[][] {
  const alternatives: (string | null)[][] = [[]]
  for (let at = 0; at < expression.length; at++) {
    const char = expression[at]!
    const current = alternatives.at(-1)!
    if (char === "'" || char === '"' || char === '`') {
      const end = endOfLiteral(expression, at)
      current.push(...literalParts(expression.slice(at + 1, end), char))
      at = end
    } else if (char === '?' && !'?.'.includes(expression[at + 1]!) && expression[at - 1] !== '?') {
      alternatives[alternatives.length - 1] = [] // What stood here was the condition.
    } else if (char === ':') {
      alternatives.push([])
    } else if (/[\w$]/.test(char)) {
      at += /^[\w$.#!?]*/.exec(expression.slice(at))![0].length - 1
      if (expression[at + 1] === '(') at += argumentsAt(expression, at + 2).join(',').length + 2
      current.push(null)
    }
  }
  return alternatives
}

function literalParts(literal: string, quote: string): (string | null)[] {
  const parts: (string | null)[] = []
  let fixed = ''
  for (let at = 0; at < literal.length; at++) {
    if (literal[at] === '\\') fixed += literal[++at]
    else if (quote === '`' && literal.startsWith('${', at)) {
      at = endOfHole(literal, at + 2)
      parts.push(fixed, null)
      fixed = ''
    } else fixed += literal[at]
  }
  return [...parts, fixed]
}
