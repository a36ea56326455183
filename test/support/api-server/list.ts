import type { ApiObject } from '#test/support/api-server/object.ts'
import { apiVersion } from '#test/support/api-server/object.ts'
import type { ResourceRequest } from '#test/support/api-server/request.ts'
import type { Predicate } from '#test/support/api-server/selector.ts'
import { fieldPredicate, labelPredicate } from '#test/support/api-server/selector.ts'
import type { Status } from '#test/support/api-server/status.ts'
import {
  badRequest,
  continueExpired,
  expired,
  invalidOptions,
  tooLargeVersion,
} from '#test/support/api-server/status.ts'
import type { ObjectStore, Snapshot } from '#test/support/api-server/store.ts'

/** One page of a list. */
export interface ListPage {
  readonly resourceVersion: number
  /** Token of the next page; empty on the last. */
  readonly continue: string
  /** How many objects come after this page; `null` when it is not told. */
  readonly remaining: number | null
  readonly objects: readonly ApiObject[]
}

/** What a continue token holds; version 0 stands for the present ("inconsistent continue"). */
interface Token {
  readonly version: number
  readonly after: string
}

/**
 * Lists as the API's concepts say: no resourceVersion is the newest state; "0" is any state, from the watch cache, which
 * disregards `limit`; another one is "not older than", or with `limit` or resourceVersionMatch=Exact exactly that one.
 * `laggingVersion` is the newest version that the watch cache of this replica has, `null` when it is up to date.
 */
export function listPage(
  store: ObjectStore,
  request: ResourceRequest,
  laggingVersion: number | null,
): ListPage | Status {
  const { parameters, resource } = request
  const selected = readPredicate(request)
  if ('code' in selected) return selected
  const limit = readNumber(parameters, 'limit')
  const version = readNumber(parameters, 'resourceVersion')
  if (limit === false || version === false) return badRequest('limit and resourceVersion are numbers')
  const match = parameters.get('resourceVersionMatch')
  const token = parameters.get('continue')
  if (token !== null && token !== '') {
    if (match !== null)
      return invalidOptions(
        'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
      )
    if (version !== null && version !== 0)
      return badRequest('specifying resource version is not allowed when using continue')
    return laterPage(store, request, selected, limit, token)
  }
  if (match !== null) {
    if (version === null)
      return invalidOptions(
        'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
      )
    if (match !== 'Exact' && match !== 'NotOlderThan')
      return invalidOptions(`resourceVersionMatch: Unsupported value: "${match}"`)
    if (match === 'Exact' && version === 0)
      return invalidOptions(
        'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
      )
  }
  const cacheVersion = laggingVersion ?? store.resourceVersion
  const fromCache = (): Snapshot | null =>
    laggingVersion === null ? store.current(resource.name) : store.at(resource.name, laggingVersion)
  if (version === null) return cutPage(store, request, selected, store.current(resource.name), limit, '')
  if (version === 0) {
    const snapshot = fromCache()
    return snapshot === null
      ? expired(0, store.oldestVersion(resource.name))
      : cutPage(store, request, selected, snapshot, null, '')
  }
  const isExact = match === 'Exact' || (match === null && limit !== null)
  if (version > (isExact ? store.resourceVersion : cacheVersion)) return tooLargeVersion(version, cacheVersion)
  const snapshot = isExact ? store.at(resource.name, version) : fromCache()
  if (snapshot === null) return expired(version, store.oldestVersion(resource.name))
  return cutPage(store, request, selected, snapshot, limit, '')
}

/** The JSON of a page, in pieces: nothing the size of the list is ever built. */
export function* pageText({ resource }: ResourceRequest, page: ListPage): Generator<string> {
  const { resourceVersion, remaining } = page
  const metadata: Record<string, unknown> = { resourceVersion: String(resourceVersion) }
  if (page.continue !== '') metadata['continue'] = page.continue
  if (remaining !== null) metadata['remainingItemCount'] = remaining
  const head = { kind: `${resource.kind}List`, apiVersion: apiVersion(resource), metadata }
  yield `${JSON.stringify(head).slice(0, -1)},"items":[`
  let separator = ''
  for (const object of page.objects) {
    const { kind: _kind, apiVersion: _version, ...item } = object
    yield separator + JSON.stringify(resource.isCustom ? object : item)
    separator = ','
  }
  yield ']}\n'
}

/** The namespace, labelSelector and fieldSelector of a request as one question. */
export function readPredicate({ namespace, parameters }: ResourceRequest): Predicate | Status {
  const labels = labelPredicate(parameters.get('labelSelector') ?? '')
  if (labels === null) return badRequest(`unable to parse requirement: ${parameters.get('labelSelector')}`)
  const fields = fieldPredicate(parameters.get('fieldSelector') ?? '')
  if (fields === null) return badRequest(`field label not supported: ${parameters.get('fieldSelector')}`)
  return object => (namespace === null || object.metadata.namespace === namespace) && labels(object) && fields(object)
}

/** A whole number of a query; `null` when it is not given or empty, `false` when it is none. */
export function readNumber(parameters: URLSearchParams, name: string): number | null | false {
  const text = parameters.get(name)
  if (text === null || text === '') return null
  return /^\d{1,15}$/.test(text) ? Number(text) : false
}

function laterPage(
  store: ObjectStore,
  request: ResourceRequest,
  selected: Predicate,
  limit: number | null,
  text: string,
): ListPage | Status {
  const token = readToken(text)
  if (token === null) return badRequest('continue key is not valid')
  const { name } = request.resource
  const snapshot = token.version === 0 ? store.current(name) : store.pagedList(name, token.version)
  if (snapshot === null) return continueExpired(writeToken({ version: 0, after: token.after }))
  return cutPage(store, request, selected, snapshot, limit, token.after)
}

function cutPage(
  store: ObjectStore,
  { resource, parameters }: ResourceRequest,
  selected: Predicate,
  snapshot: Snapshot,
  limit: number | null,
  after: string,
): ListPage {
  const { keys, resourceVersion } = snapshot
  const objects: ApiObject[] = []
  const most = limit === null || limit === 0 ? Number.POSITIVE_INFINITY : limit
  let at = firstAfter(keys, after)
  for (; at < keys.length && objects.length < most; at++) {
    const object = snapshot.objects[at]!
    if (selected(object)) objects.push(object)
  }
  const rest = keys.length - at
  const isLast = rest === 0 || !snapshot.objects.slice(at).some(selected)
  if (isLast) return { resourceVersion, continue: '', remaining: null, objects }
  store.keepForPages(resource.name, snapshot)
  const isSelecting = parameters.has('labelSelector') || parameters.has('fieldSelector')
  const next = writeToken({ version: resourceVersion, after: keys[at - 1]! })
  return { resourceVersion, continue: next, remaining: isSelecting ? null : rest, objects }
}

/** Index of the first key after another one, by halving. */
function firstAfter(keys: readonly string[], after: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle]! > after) high = middle
    else low = middle + 1
  }
  return low
}

function writeToken(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

function readToken(text: string): Token | null {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Partial<Token>
    if (typeof token.version !== 'number' || typeof token.after !== 'string') return null
    return { version: token.version, after: token.after }
  } catch {
    return null
  }
}
