import type { FoldedName } from '#wire/name.ts'

/** The zones that the plugin answers for. */
export interface AnsweredZones {
  /** All of them. */
  readonly zones: readonly FoldedName[]
  /** Those that are answered from what the clusters of a clusterset have exported. */
  readonly multiclusterZones: readonly FoldedName[]
}
