import type { Resource } from '#test/support/api-server/object.ts'
import { RESOURCES } from '#test/support/api-server/object.ts'

/** What a request asks for, as authorization sees it. */
export interface ResourceRequest {
  readonly verb: 'get' | 'list' | 'watch'
  readonly resource: Resource
  /** `null` is every namespace. */
  readonly namespace: string | null
  /** `null` for a collection. */
  readonly name: string | null
  readonly parameters: URLSearchParams
}

/** Reads the URL of a GET request; `null` when it is not about a resource that the fake serves. */
export function readRequest(url: URL): ResourceRequest | null {
  const words = url.pathname.split('/').filter(Boolean).map(decodeURIComponent)
  const [prefix, ...rest] = words
  const group = prefix === 'apis' ? rest.shift() : ''
  const version = rest.shift()
  if ((prefix !== 'api' && prefix !== 'apis') || group === undefined) return null
  let namespace: string | null = null
  if (rest[0] === 'namespaces' && rest.length > 2) {
    namespace = rest[1]!
    rest.splice(0, 2)
  }
  const [plural, name = null, ...surplus] = rest
  const resource = RESOURCES.find(each => each.name === plural && each.group === group && each.version === version)
  if (resource === undefined || surplus.length > 0 || (namespace !== null && !resource.isNamespaced)) return null
  const isWatch = name === null && ['true', '1'].includes(url.searchParams.get('watch') ?? '')
  const verb = name !== null ? 'get' : isWatch ? 'watch' : 'list'
  return { verb, resource, namespace, name, parameters: url.searchParams }
}

/** A request that the fake has seen. */
export interface RecordedRequest {
  /** `get`, `list` or `watch`; the HTTP method in small letters for what is not about a resource. */
  readonly verb: string
  /** `services`, `endpointslices.discovery.k8s.io`; the path for what is not about a resource. */
  readonly resource: string
  readonly namespace: string | null
  readonly path: string
  readonly userAgent: string
  readonly authorization: string | null
  /** HTTP status of the answer; 0 while or when there is none. */
  status: number
}

/** How RBAC and the record name a resource: with its group when it has one. */
export function qualifiedName({ name, group }: Resource): string {
  return group === '' ? name : `${name}.${group}`
}
