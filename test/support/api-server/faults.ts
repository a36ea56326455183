import type { Status } from '#test/support/api-server/status.ts'
import { failureStatus, tooManyRequests } from '#test/support/api-server/status.ts'

/**
 * How JSON is cut: `reset` breaks the connection in the middle of an object, `end` ends the body there as if it were
 * whole, `garbage` puts a line end there and goes on with what follows.
 */
export type Cut = 'reset' | 'end' | 'garbage'

/** Which requests a failure is for; what is left out matches all. */
export interface RequestFilter {
  readonly verb?: string
  /** Plural of the resource, without group. */
  readonly resource?: string
}

interface Failure {
  readonly status: Status
  readonly filter: RequestFilter
  left: number
}

/** What a fake API server does wrong at the moment. All fields may be set at any time. */
export class Faults {
  /** Milliseconds before each answer begins. */
  delayMs = 0
  /** How the next list that is answered is cut. */
  cutNextList: Cut | null = null
  /** How the next event of each watch under way is cut. */
  cutNextEvent: Cut | null = null
  /** Whether every event is sent twice. */
  duplicateEvents = false
  /** After so many events each watch ends, as at its timeout; `null` is never. */
  closeWatchesAfterEvents: number | null = null
  /** Whether a watch from a forgotten version fails by HTTP status 410; otherwise by an ERROR event in a stream with status 200. */
  goneByStatus = false
  /** The newest version that the watch cache has, as in a replica that lags behind; `null` is up to date. */
  laggingVersion: number | null = null
  /** Whether sendInitialEvents is refused, as by a server without WatchList. */
  refuseWatchList = false
  #failures: Failure[] = []

  /** Fails the next requests that match. */
  failNext(status: Status, count = 1, filter: RequestFilter = {}): void {
    this.#failures.push({ status, filter, left: count })
  }

  /** Fails the next requests with a server error. */
  failNextWith(code: number, count = 1, filter: RequestFilter = {}): void {
    this.failNext(failureStatus(code, code === 503 ? 'ServiceUnavailable' : 'InternalError', 'fault'), count, filter)
  }

  /** Fails the next requests with 429. */
  throttleNext(retryAfterSeconds: number, count = 1, filter: RequestFilter = {}): void {
    this.failNext(tooManyRequests(retryAfterSeconds), count, filter)
  }

  /** The failure that a request meets, used up by the call; `null` when it meets none. */
  takeFailure(verb: string, resource: string): Status | null {
    const failure = this.#failures.find(
      ({ filter }) => (filter.verb ?? verb) === verb && (filter.resource ?? resource) === resource,
    )
    if (failure === undefined) return null
    if (--failure.left <= 0) this.#failures = this.#failures.filter(each => each !== failure)
    return failure.status
  }

  /** The cut of a list, used up by the call. */
  takeListCut(): Cut | null {
    const cut = this.cutNextList
    this.cutNextList = null
    return cut
  }

  /** Does everything right again. */
  clear(): void {
    this.delayMs = 0
    this.cutNextList = null
    this.cutNextEvent = null
    this.duplicateEvents = false
    this.closeWatchesAfterEvents = null
    this.goneByStatus = false
    this.laggingVersion = null
    this.refuseWatchList = false
    this.#failures = []
  }
}
