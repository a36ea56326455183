import type { FollowerPlan, FollowerState } from '#plugins/kubernetes/api/follower.ts'
import type { HeldObject } from '#plugins/kubernetes/api/held.ts'
import type { Report } from '#plugins/kubernetes/api/report.ts'
import type { Resource } from '#plugins/kubernetes/api/resource.ts'

/** What a thread that follows a cluster begins with. */
export interface FollowerTask {
  readonly plan: FollowerPlan
  readonly state: FollowerState
}

/** All that such a thread is sent. */
export type ToFollower =
  /** Objects that the index has been told of; before `go`. */
  | { readonly kind: 'held'; readonly resource: Resource['name']; readonly objects: readonly HeldObject[] }
  | { readonly kind: 'go' }
  /** A report has been taken: one more may come. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'close' }

/** All that it sends. */
export type FromFollower =
  | { readonly kind: 'report'; readonly resource: Resource['name']; readonly report: Report }
  | { readonly kind: 'failed'; readonly resource: Resource['name']; readonly message: string }
  | { readonly kind: 'recovered'; readonly resource: Resource['name'] }
  | { readonly kind: 'warning'; readonly message: string }
  /** How long a request had to wait before it was sent. */
  | { readonly kind: 'waited'; readonly host: string; readonly ms: number }
  | { readonly kind: 'answered'; readonly host: string; readonly code: string; readonly ms: number }
