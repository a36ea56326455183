import { randomBelow } from '#lib/random.ts'
import type { ApiRequest } from '#plugins/kubernetes/api/client.ts'
import type { Resource } from '#plugins/kubernetes/api/resource.ts'

/** A watch is to end after this and up to twice as long, so that those of many servers do not end together. */
const MIN_WATCH_SECONDS = 300

/** Asks for one page of a list: `limit` objects, 0 for all, from where `token` of the page before says; empty for the first page. */
export function pageRequest({ path, selectors }: Resource, limit: number, token: string): ApiRequest {
  const query = {
    ...selectors,
    ...(limit === 0 ? {} : { limit: String(limit) }),
    ...(token === '' ? {} : { continue: token }),
  }
  return { path, query, isWatch: false }
}

/** Asks for all that happens after a resource version. */
export function watchRequest(resource: Resource, resourceVersion: string): ApiRequest {
  return watch(resource, { resourceVersion })
}

/** Asks for all that there is, as events, and then for all that happens. */
export function listingWatchRequest(resource: Resource): ApiRequest {
  return watch(resource, { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' })
}

function watch({ path, selectors }: Resource, from: Readonly<Record<string, string>>): ApiRequest {
  const timeoutSeconds = String(MIN_WATCH_SECONDS + randomBelow(MIN_WATCH_SECONDS + 1))
  const query = { ...selectors, watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds, ...from }
  return { path, query, isWatch: true }
}
