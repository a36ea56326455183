import type { ObjectMetadata } from '#plugins/kubernetes/api/object.ts'
import type { Delta } from '#plugins/kubernetes/index/delta.ts'

/** What a reflector has found out since its last report, as plain data. */
export interface Report {
  readonly deltas: readonly Delta[]
  /** The objects that events of a watch were about, in which there need be nothing new to DNS. */
  readonly changes: readonly ObjectMetadata[]
  /** The resource version that the index is at with the deltas; empty before the first list and after it has expired. */
  readonly version: string
  /** Whether the API server has just said something. */
  readonly isHeard: boolean
  /** Whether the index now has all that there is: a list is complete. */
  readonly isListed: boolean
}
