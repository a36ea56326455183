import type { Handler } from '#plugin/handler.ts'
import type { BlockReuse } from '#server/packet-cache.ts'
import { Type } from '#wire/constants.ts'
import type { FoldedName } from '#wire/name.ts'
import { ROOT } from '#wire/name.ts'

/** Where queries for a zone go. */
export interface Route {
  readonly zone: FoldedName
  /** `null` for a server block without a plugin that answers: its queries are refused. */
  readonly handler: Handler | null
  /** Whether the block has a plugin that serves classes other than IN. */
  readonly servesOtherClasses: boolean
  /** How replies are reused; `null` for not at all. */
  readonly reuse: BlockReuse | null
}

/** Finds the server block for a name by longest suffix, among the zones of one listen address. */
export class Router {
  readonly #routes = new Map<FoldedName, Route>()
  /** Which lengths (in octets) zones have, so that a suffix is only looked up where a zone could match. */
  readonly #lengths = new Uint8Array(256)

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      this.#routes.set(route.zone, route)
      this.#lengths[route.zone.length] = 1
    }
  }

  /** Every route, sorted by nothing in particular. */
  get routes(): Iterable<Route> {
    return this.#routes.values()
  }

  /**
   * The route for a question, or `undefined`. A DS record belongs to the parent's side of a zone cut (RFC 4035 section
   * 3.1.4.1), so for DS the shortest zone that matches is taken, the root only if there is no other.
   */
  find(name: FoldedName, type: number): Route | undefined {
    let found: Route | undefined
    for (let at = 0; name.charCodeAt(at) !== 0; at += 1 + name.charCodeAt(at)) {
      if (this.#lengths[name.length - at] === 0) continue
      const route = this.#routes.get((at === 0 ? name : name.slice(at)) as FoldedName)
      if (route === undefined) continue
      if (type !== Type.DS) return route
      found = route
    }
    return found ?? this.#routes.get(ROOT)
  }
}
