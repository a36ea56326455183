import { parse, stringify } from 'yaml'
import { filesMatching, readText } from '#test/support/source.ts'

/** A YAML value, or what a template's pipeline gives. */
type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value }

type Scope = { readonly root: Value; readonly dot: Value }

type Token = { readonly text: string } | { readonly action: string }

/** What `helm template RELEASE CHART --namespace NAMESPACE` prints, by path of the template, with some values set otherwise. */
export function renderChart(
  chart: string,
  release: { readonly name: string; readonly namespace: string },
  changes: { readonly [name: string]: Value } = {},
): ReadonlyMap<string, string> {
  const { name, version, appVersion } = parse(readText(`${chart}/Chart.yaml`)) as Record<string, string>
  const values = merge(parse(readText(`${chart}/values.yaml`)) as Value, changes)
  const root: Value = {
    Values: values,
    Release: { Name: release.name, Namespace: release.namespace },
    Chart: { Name: name!, Version: version!, AppVersion: appVersion! },
  }
  const templates = filesMatching(`${chart}/templates/*.yaml`)
  return new Map(templates.map(({ path, text }) => [path, renderTemplate(text, root)]))
}

/**
 * Renders the part of Go's templates that the chart keeps to: comments, if and else, with, fields, literals, pipelines of the
 * functions below. Throws on anything else, and on a field that is not there, where Helm would print nothing.
 */
export function renderTemplate(text: string, root: Value): string {
  const tokens = tokenize(text)
  const { output, next } = renderUntil(tokens, 0, { root, dot: root })
  if (next !== tokens.length) throw new Error(`{{ ${actionAt(tokens, next)} }} without a beginning`)
  return output
}

/** The fields of `.Values` that a template names, such as `.Values.image.tag`, without their first part. */
export function valuesNamed(text: string): string[] {
  return [...text.matchAll(/\.Values\.([\w.]+)/g)].map(found => found[1]!)
}

const functions: Readonly<Record<string, (...args: Value[]) => Value>> = {
  toYaml: value => stringify(value, { lineWidth: 0 }).trimEnd(),
  nindent: (width, text) => `\n${indent(Number(width), String(text))}`,
  quote: value => JSON.stringify(String(value)),
  and: (...values) => values.find(value => !isTrue(value)) ?? values.at(-1)!,
  default: (otherwise, value) => (isTrue(value ?? null) ? value! : otherwise!),
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let trimsNext = false
  for (const found of text.matchAll(/\{\{(-)?\s*(.*?)\s*(-)?\}\}/gs)) {
    const between = text.slice(at, found.index)
    tokens.push({ text: trimmed(between, trimsNext, found[1] !== undefined) }, { action: found[2]! })
    trimsNext = found[3] !== undefined
    at = found.index + found[0].length
  }
  tokens.push({ text: trimmed(text.slice(at), trimsNext, false) })
  return tokens
}

function trimmed(text: string, atStart: boolean, atEnd: boolean): string {
  const rest = atStart ? text.trimStart() : text
  return atEnd ? rest.trimEnd() : rest
}

/** Renders from a token up to the `end` or `else` that belongs to what is around it. */
function renderUntil(tokens: readonly Token[], from: number, scope: Scope): { output: string; next: number } {
  let output = ''
  let at = from
  while (at < tokens.length) {
    const token = tokens[at]!
    if ('text' in token) {
      output += token.text
      at++
      continue
    }
    const [word, ...rest] = token.action.split(' ')
    if (word === 'end' || word === 'else') return { output, next: at }
    if (word === 'if' || word === 'with') {
      const branch = renderBranch(
        tokens,
        at,
        word,
        scope === unevaluated ? null : evaluate(rest.join(' '), scope),
        scope,
      )
      output += branch.output
      at = branch.next
      continue
    }
    if (scope !== unevaluated && !token.action.startsWith('/*')) output += shown(evaluate(token.action, scope))
    at++
  }
  return { output, next: at }
}

function renderBranch(
  tokens: readonly Token[],
  at: number,
  word: 'if' | 'with',
  value: Value,
  scope: Scope,
): { output: string; next: number } {
  const taken = isTrue(value)
  const inner = word === 'with' && taken ? { ...scope, dot: value } : scope
  const first = renderUntil(tokens, at + 1, taken ? inner : unevaluated)
  let output = taken ? first.output : ''
  let { next } = first
  if (actionAt(tokens, next) === 'else') {
    const second = renderUntil(tokens, next + 1, taken ? unevaluated : scope)
    if (!taken) output = second.output
    next = second.next
  }
  if (actionAt(tokens, next) !== 'end') throw new Error(`{{ ${word} }} without an end`)
  return { output, next: next + 1 }
}

/** The scope of a branch that is not taken: it is read to its end, and its fields mean nothing. */
const unevaluated: Scope = { root: null, dot: null }

function actionAt(tokens: readonly Token[], at: number): string {
  const token = tokens[at]
  return token !== undefined && 'action' in token ? token.action : ''
}

/** A pipeline: each stage gets what the one before gave as its last argument. */
function evaluate(pipeline: string, scope: Scope): Value {
  let piped: Value[] = []
  for (const stage of pipeline.split(/\s*\|\s*/)) {
    const [first, ...args] = stage.match(/"[^"]*"|\S+/g) ?? []
    const apply = functions[first ?? '']
    if (apply === undefined && (args.length > 0 || piped.length > 0)) throw new Error(`no function '${first}' here`)
    const operands = [...args.map(arg => operand(arg, scope)), ...piped]
    piped = [apply === undefined ? operand(first ?? '', scope) : apply(...operands)]
  }
  return piped[0]!
}

function operand(text: string, scope: Scope): Value {
  if (/^("|\d+$|true$|false$)/.test(text)) return JSON.parse(text) as Value
  if (text === '.') return scope.dot
  if (!/^\$?(\.\w+)+$/.test(text)) throw new Error(`'${text}' is beyond this renderer: test/support/helm-template.ts`)
  let value: Value = text.startsWith('$') ? scope.root : scope.dot
  for (const name of text.split('.').slice(1)) {
    const fields = value as { readonly [name: string]: Value } | null
    if (fields === null || typeof fields !== 'object' || !Object.hasOwn(fields, name)) throw new Error(`no ${text}`)
    value = fields[name]!
  }
  return value
}

function isTrue(value: Value): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

function shown(value: Value): string {
  if (value === null || typeof value === 'object') throw new Error(`cannot print ${JSON.stringify(value)}`)
  return String(value)
}

function indent(width: number, text: string): string {
  return text.replaceAll(/^/gm, ' '.repeat(width))
}

function merge(base: Value, changes: Value): Value {
  const isMap = (value: Value): value is { readonly [name: string]: Value } =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isMap(base) || !isMap(changes)) return changes
  const merged: Record<string, Value> = { ...base }
  for (const [name, value] of Object.entries(changes)) {
    merged[name] = Object.hasOwn(base, name) ? merge(base[name]!, value) : value
  }
  return merged
}
