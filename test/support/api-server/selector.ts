import type { ApiObject } from '#test/support/api-server/object.ts'

/** Whether an object is selected. */
export type Predicate = (object: ApiObject) => boolean

/** Reads a labelSelector; `null` when it is not one. */
export function labelPredicate(selector: string): Predicate | null {
  const requirements: Predicate[] = []
  for (const text of splitRequirements(selector)) {
    const requirement = labelRequirement(text.trim())
    if (requirement === null) return null
    requirements.push(requirement)
  }
  return object => requirements.every(holds => holds(object))
}

/** Reads a fieldSelector over metadata.name, metadata.namespace, status.phase and spec.nodeName; `null` for others. */
export function fieldPredicate(selector: string): Predicate | null {
  const requirements: Predicate[] = []
  for (const text of selector.split(',').filter(Boolean)) {
    const match = /^([\w.]+)(==|!=|=)(.*)$/.exec(text)
    const read = match === null ? undefined : FIELDS[match[1]!]
    if (match === null || read === undefined) return null
    const [, , operator, value] = match
    requirements.push(object => (read(object) === value) === (operator !== '!='))
  }
  return object => requirements.every(holds => holds(object))
}

const FIELDS: Readonly<Record<string, (object: ApiObject) => string>> = {
  'metadata.name': object => object.metadata.name,
  'metadata.namespace': object => object.metadata.namespace ?? '',
  'status.phase': object => (object['status'] as { phase?: string } | undefined)?.phase ?? '',
  'spec.nodeName': object => (object['spec'] as { nodeName?: string } | undefined)?.nodeName ?? '',
}

function labelRequirement(text: string): Predicate | null {
  const label = (object: ApiObject, key: string): string | undefined => object.metadata.labels?.[key]
  const set = /^([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text)
  if (set !== null) {
    const values = set[3]!.split(',').map(value => value.trim())
    return object => {
      const value = label(object, set[1]!)
      return (value !== undefined && values.includes(value)) === (set[2] === 'in')
    }
  }
  const equality = /^([\w./-]+)\s*(==|!=|=)\s*([\w.-]*)$/.exec(text)
  if (equality !== null) return object => (label(object, equality[1]!) === equality[3]) === (equality[2] !== '!=')
  const existence = /^(!?)\s*([\w./-]+)$/.exec(text)
  if (existence !== null) return object => (label(object, existence[2]!) !== undefined) === (existence[1] === '')
  return null
}

/** Splits at commas that are in no parentheses. */
function splitRequirements(selector: string): string[] {
  return selector === '' ? [] : selector.split(/,(?![^(]*\))/)
}
