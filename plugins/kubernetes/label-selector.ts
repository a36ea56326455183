/** Labels of a Kubernetes object. */
export type Labels = Readonly<Record<string, string>>

/** Whether an object with these labels is selected. */
export type LabelSelector = (labels: Labels) => boolean

/** Selects everything. */
export const EVERY_OBJECT: LabelSelector = () => true

/**
 * Reads a selector as kubectl takes it: requirements separated by commas, all of which must hold, each `key`, `!key`,
 * `key = value`, `key == value`, `key != value`, `key in (a, b)` or `key notin (a, b)`. Returns what is wrong as a text.
 */
export function parseLabelSelector(text: string): LabelSelector | string {
  const tokens = text.match(/==|!=|[=!,()]|[^\s=!,()]+/g) ?? []
  const requirements: LabelSelector[] = []
  for (let at = 0; at < tokens.length; ) {
    const parsed = parseRequirement(tokens, at)
    if (typeof parsed === 'string') return parsed
    requirements.push(parsed.matches)
    at = parsed.end
    if (at === tokens.length) break
    if (tokens[at] !== ',') return `found '${tokens[at]}', expected ','`
    at++
    if (at === tokens.length) return "found the end after ',', expected a label key"
  }
  if (requirements.length === 0) return 'it is empty'
  return labels => requirements.every(matches => matches(labels))
}

interface Requirement {
  readonly matches: LabelSelector
  /** Index of the token after it. */
  readonly end: number
}

function parseRequirement(tokens: readonly string[], at: number): Requirement | string {
  const negated = tokens[at] === '!'
  const keyAt = negated ? at + 1 : at
  const key = tokens[keyAt]
  if (key === undefined || !isKey(key)) return `found '${key ?? 'the end'}', expected a label key`
  const operator = tokens[keyAt + 1]
  if (operator === undefined || operator === ',') {
    const end = keyAt + 1
    return { matches: negated ? labels => !Object.hasOwn(labels, key) : labels => Object.hasOwn(labels, key), end }
  }
  if (negated) return `found '${operator}', expected ','`
  switch (operator) {
    case '=':
    case '==':
    case '!=':
      return parseEquality(tokens, keyAt + 2, key, operator)
    case 'in':
    case 'notin':
      return parseSet(tokens, keyAt + 2, key, operator)
    default:
      return `found '${operator}', expected one of =, ==, !=, in, notin`
  }
}

function parseEquality(tokens: readonly string[], at: number, key: string, operator: string): Requirement | string {
  const token = tokens[at] ?? ','
  const value = token === ',' ? '' : token
  if (!isValue(value)) return `'${value}' is not a label value`
  const end = value === '' ? at : at + 1
  if (operator === '!=') return { matches: labels => labelOf(labels, key) !== value, end }
  return { matches: labels => labelOf(labels, key) === value, end }
}

function parseSet(tokens: readonly string[], at: number, key: string, operator: string): Requirement | string {
  if (tokens[at] !== '(') return `found '${tokens[at] ?? 'the end'}', expected '('`
  const close = tokens.indexOf(')', at)
  if (close < 0) return "found the end, expected ')'"
  const values = new Set<string>()
  let expectsValue = true
  for (const token of tokens.slice(at + 1, close)) {
    if (expectsValue === (token === ',')) return `found '${token}', expected ${expectsValue ? 'a value' : "','"}`
    if (expectsValue && !isValue(token)) return `'${token}' is not a label value`
    if (expectsValue) values.add(token)
    expectsValue = !expectsValue
  }
  if (expectsValue) return "found ')', expected a value"
  const has = (labels: Labels): boolean => values.has(labelOf(labels, key) ?? '\0')
  return { matches: operator === 'in' ? has : labels => !has(labels), end: close + 1 }
}

function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}

/** A qualified name: an optional DNS prefix and a slash, then at most 63 characters. */
function isKey(text: string): boolean {
  return /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(text)
}

function isValue(text: string): boolean {
  return /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/.test(text)
}
