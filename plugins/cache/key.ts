import type { Query } from '#plugin/query.ts'
import type { FoldedName } from '#wire/name.ts'

/** Chars after the name. */
const FIXED_CHARS = 3

/**
 * What a stored reply answers, in full: folded name, type, class, DO and CD. The name ends in its root label and the rest
 * has a fixed length, so no two questions share a key.
 */
export function cacheKey(query: Query): string {
  const bits = (query.dnssecOk ? 1 : 0) | (query.checkingDisabled ? 2 : 0)
  return query.folded + String.fromCharCode(query.type, query.class, bits)
}

/** The folded name in a key. */
export function nameOfKey(key: string): FoldedName {
  return key.slice(0, -FIXED_CHARS) as FoldedName
}
