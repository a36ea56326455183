import type { Capability } from '#plugin/capability.ts'
import { defineCapability } from '#plugin/capability.ts'
import type { Query } from '#plugin/query.ts'

/**
 * What plugins know about a query beyond what it says, under labels such as `kubernetes/client-namespace`. Nothing of it is
 * worked out before a plugin asks for it, and nobody can ask where the plugin metadata is not in the block.
 */

/** Knows the values of some labels. */
export interface MetadataProvider {
  /** What its labels begin with, up to the slash: the plugin's name. */
  readonly plugin: string
  /** The value of a label, whole as it is read (`kubernetes/service`); `null` for one that it does not know. */
  metadata(label: string, query: Query): string | null
}
/** Where a plugin says what it knows about queries. */
export const metadataProvider: Capability<MetadataProvider> = defineCapability<MetadataProvider>('metadataProvider')

/** Where metadata is read. */
export interface MetadataReader {
  /** The value of a label, empty or `null` when there is none; in printable characters, whatever the query holds. */
  read(label: string, query: Query): string | null
}
/** Offered by the plugin metadata alone. */
export const metadataReader: Capability<MetadataReader> = defineCapability<MetadataReader>('metadataReader')
