import type { Resource } from '#test/support/api-server/object.ts'
import { qualifiedName } from '#test/support/api-server/request.ts'

/** Who may do what: bearer tokens, and denials in place of missing grants. */
export class Access {
  #tokens: ReadonlySet<string> | null
  readonly #denied = new Set<string>()

  /** `null` asks for no token. */
  constructor(tokens: readonly string[] | null) {
    this.#tokens = tokens === null ? null : new Set(tokens)
  }

  /** Replaces the tokens that are accepted, as when one expires. Watches under way go on. */
  setTokens(tokens: readonly string[] | null): void {
    this.#tokens = tokens === null ? null : new Set(tokens)
  }

  /** Takes a verb on a resource (`endpointslices.discovery.k8s.io`) away. */
  deny(verb: string, resource: string): void {
    this.#denied.add(`${verb} ${resource}`)
  }

  allowAll(): void {
    this.#denied.clear()
  }

  /** Whether the Authorization header of a request is enough. */
  isAuthentic(authorization: string | undefined): boolean {
    if (this.#tokens === null) return true
    const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1]
    return token !== undefined && this.#tokens.has(token)
  }

  allows(verb: string, resource: Resource): boolean {
    return !this.#denied.has(`${verb} ${qualifiedName(resource)}`)
  }
}
