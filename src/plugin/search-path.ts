import type { Capability } from '#plugin/capability.ts'
import { defineCapability } from '#plugin/capability.ts'
import type { Query } from '#plugin/query.ts'
import type { Name } from '#wire/name.ts'

/** Finds the search path of whoever asks: the domains that its resolver appends, first one first; `null` when it is not known. */
export type SearchPathFinder = (query: Query) => readonly Name[] | null

/** A plugin that knows its clients' search paths. */
export interface SearchPaths {
  /** The plugin's name. */
  readonly plugin: string
  /** By the client's address; `null` when it is not configured to know clients. */
  readonly byClient: SearchPathFinder | null
  /** By the name that is asked for; `null` when names do not tell. */
  readonly byName: SearchPathFinder | null
  /** Whether the search domains of this machine follow in every path, as they do in a pod's. */
  readonly addsDomainsOfMachine: boolean
}
/** Where plugins offer search paths to the plugin autopath. */
export const searchPaths: Capability<SearchPaths> = defineCapability<SearchPaths>('searchPaths')
