import type { Query } from '#plugin/query.ts'

/**
 * What a stored reply answers, in full: folded name, type, class, DO and CD. The name ends in its root label and the rest
 * has a fixed length, so no two questions share a key.
 */
export function cacheKey(query: Query): string {
  const bits = (query.dnssecOk ? 1 : 0) | (query.checkingDisabled ? 2 : 0)
  return query.folded + String.fromCharCode(query.type, query.class, bits)
}
