import type { ServerResponse } from 'node:http'
import type { Cut, Faults } from '#test/support/api-server/faults.ts'
import { readNumber } from '#test/support/api-server/list.ts'
import type { ApiObject, Resource } from '#test/support/api-server/object.ts'
import { apiVersion } from '#test/support/api-server/object.ts'
import type { ResourceRequest } from '#test/support/api-server/request.ts'
import type { Predicate } from '#test/support/api-server/selector.ts'
import type { Status } from '#test/support/api-server/status.ts'
import { badRequest, expired, invalidOptions, tooLargeVersion } from '#test/support/api-server/status.ts'
import type { ObjectStore, StoreEvent } from '#test/support/api-server/store.ts'

/** Octets that may wait for a slow client before its watch is broken off, as API servers do. */
const MAX_BACKLOG_OCTETS = 64 * 1024 * 1024
/** The longest watch when the client names no timeout. */
const DEFAULT_TIMEOUT_SECONDS = 1800
/** Time from the last bookmark to the timeout. */
const LAST_BOOKMARK_SECONDS = 2

/** Where a watch begins. */
export interface WatchStart {
  /** Whether the present objects come first, as ADDED events. */
  readonly initial: boolean
  /** Whether a bookmark marks their end. */
  readonly marksEnd: boolean
  /** Changes after this version follow. */
  readonly version: number
  readonly bookmarks: boolean
  readonly timeoutSeconds: number
  /** An ERROR event that is all there is; `null` for a watch that works. */
  readonly error: Status | null
}

/** Reads the parameters of a watch, as the API's concepts say; a Status when they are refused. */
export function readWatch(
  store: ObjectStore,
  { parameters, resource }: ResourceRequest,
  faults: Faults,
): WatchStart | Status {
  const version = readNumber(parameters, 'resourceVersion')
  const timeout = readNumber(parameters, 'timeoutSeconds')
  if (version === false || timeout === false) return badRequest('resourceVersion and timeoutSeconds are numbers')
  const bookmarks = parameters.get('allowWatchBookmarks') === 'true'
  const match = parameters.get('resourceVersionMatch')
  const wantsInitial = parameters.get('sendInitialEvents')
  if (wantsInitial === null && match !== null) {
    return invalidOptions(
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    )
  }
  if (wantsInitial !== null && faults.refuseWatchList) {
    return invalidOptions(
      'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
    )
  }
  if (wantsInitial !== null && match !== 'NotOlderThan') {
    return invalidOptions(
      'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    )
  }
  const newest = faults.laggingVersion ?? store.resourceVersion
  if (version !== null && version > newest) return tooLargeVersion(version, newest)
  const common = { bookmarks, timeoutSeconds: timeout || DEFAULT_TIMEOUT_SECONDS, error: null }
  // Without a version this means the present, for which a cache that lags cannot stand in.
  const wantsPresent = wantsInitial === 'true' && version === null
  if (wantsPresent && newest < store.resourceVersion) return tooLargeVersion(store.resourceVersion, newest)
  if (wantsInitial === 'true') return { ...common, initial: true, marksEnd: bookmarks, version: newest }
  if (version === null || version === 0)
    return { ...common, initial: wantsInitial === null, marksEnd: false, version: newest }
  if (store.eventsAfter(resource.name, version) !== null) return { ...common, initial: false, marksEnd: false, version }
  const error = expired(version, store.oldestVersion(resource.name))
  return faults.goneByStatus ? error : { ...common, initial: false, marksEnd: false, version, error }
}

/** One watch under way: newline-delimited JSON for as long as it lasts. */
export class WatchStream {
  readonly resource: Resource
  #isSilent = false
  #isOver = false
  #events = 0
  #sentVersion = 0
  #cut: Cut | null = null
  readonly #store: ObjectStore
  readonly #selected: Predicate
  readonly #response: ServerResponse
  readonly #faults: Faults
  readonly #start: WatchStart
  readonly #stop: (() => void)[] = []

  constructor(
    store: ObjectStore,
    resource: Resource,
    selected: Predicate,
    start: WatchStart,
    response: ServerResponse,
    faults: Faults,
  ) {
    this.resource = resource
    this.#store = store
    this.#selected = selected
    this.#start = start
    this.#response = response
    this.#faults = faults
  }

  /** Octets that the client has not taken yet. */
  get backlogOctets(): number {
    return this.#response.writableLength
  }

  /** Sends what there is and then what happens; `onEnd` is called once, when nothing more will be sent. */
  run(onEnd: () => void): void {
    const { initial, marksEnd, version, timeoutSeconds, error } = this.#start
    this.#stop.push(onEnd)
    this.#response.on('close', () => this.#over())
    this.#response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' })
    this.#response.flushHeaders()
    if (error !== null) {
      this.#write('ERROR', error)
      this.end()
      return
    }
    this.#after(timeoutSeconds * 1000, () => this.#timeOut())
    const lastBookmarkMs = (timeoutSeconds - LAST_BOOKMARK_SECONDS) * 1000
    if (lastBookmarkMs > 0) this.#after(lastBookmarkMs, () => this.bookmark())
    const { name } = this.resource
    if (initial) {
      const snapshot =
        version === this.#store.resourceVersion ? this.#store.current(name) : this.#store.at(name, version)
      for (const object of snapshot?.objects ?? []) if (this.#selected(object)) this.#write('ADDED', object)
      if (marksEnd) this.#bookmark(version, { 'k8s.io/initial-events-end': 'true' })
    }
    this.#sentVersion = version
    this.catchUp()
    this.#stop.push(this.#store.subscribe(event => event.resource === name && this.catchUp()))
  }

  /** Sends the changes that have not been sent. */
  catchUp(): void {
    if (this.#faults.laggingVersion !== null || this.#isOver) return
    const events = this.#store.eventsAfter(this.resource.name, this.#sentVersion)
    if (events === null) {
      this.fail(expired(this.#sentVersion, this.#store.oldestVersion(this.resource.name)))
      return
    }
    for (const event of events) this.#send(event)
  }

  /** Sends a bookmark with the present version, if the client takes them. */
  bookmark(): void {
    if (!this.#start.bookmarks || this.#faults.laggingVersion !== null) return
    this.#bookmark(this.#store.resourceVersion)
  }

  /** Ends the stream as at its timeout. */
  end(): void {
    this.#over()
    this.#response.end()
  }

  /** Breaks the connection. */
  reset(): void {
    this.#over()
    this.#response.destroy()
  }

  /** Sends nothing more and leaves the connection open. */
  silence(): void {
    this.#isSilent = true
  }

  /** Sends an ERROR event and ends. */
  fail(status: Status): void {
    this.#write('ERROR', status)
    this.end()
  }

  /** Cuts the next event. */
  cutNext(cut: Cut): void {
    this.#cut = cut
  }

  #send(event: StoreEvent): void {
    if (this.#isOver) return
    this.#sentVersion = event.resourceVersion
    const was = event.previous !== null && this.#selected(event.previous)
    const is = event.type !== 'DELETED' && this.#selected(event.object)
    if (!was && !is) return
    if (is) this.#write(was ? 'MODIFIED' : 'ADDED', event.object)
    else this.#write('DELETED', lastState(event))
    if (this.#faults.duplicateEvents) this.#write(is ? 'MODIFIED' : 'DELETED', is ? event.object : lastState(event))
    if (this.backlogOctets > MAX_BACKLOG_OCTETS) this.reset()
    this.#events++
    const most = this.#faults.closeWatchesAfterEvents
    if (most !== null && this.#events >= most) this.end()
  }

  #bookmark(version: number, annotations?: Readonly<Record<string, string>>): void {
    const { kind } = this.resource
    const more = annotations === undefined ? {} : { annotations }
    const metadata = { resourceVersion: String(version), creationTimestamp: null, ...more }
    this.#write('BOOKMARK', { kind, apiVersion: apiVersion(this.resource), metadata, ...EMPTY_FIELDS[kind] })
  }

  #write(type: string, object: object): void {
    if (this.#isSilent || this.#isOver) return
    const line = `${JSON.stringify({ type, object })}\n`
    const cut = this.#cut
    if (cut === null) this.#response.write(line)
    else this.#writeCut(line, cut)
  }

  #writeCut(line: string, cut: Cut): void {
    this.#cut = null
    const half = line.slice(0, line.length >> 1)
    if (cut === 'garbage') this.#response.write(`${half}\n`)
    else if (cut === 'end') {
      this.#response.write(half)
      this.end()
    } else {
      this.#response.write(half, () => this.reset())
      this.#isSilent = true
    }
  }

  #timeOut(): void {
    if (!this.#isSilent) this.end()
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(act, ms)
    this.#stop.push(() => clearTimeout(timer))
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const stop of this.#stop.splice(0)) stop()
  }
}

/** What a bookmark of some kinds carries besides its metadata. */
const EMPTY_FIELDS: Readonly<Record<string, object>> = {
  Service: { spec: {}, status: { loadBalancer: {} } },
  Namespace: { spec: {}, status: {} },
  Pod: { spec: { containers: null }, status: {} },
  EndpointSlice: { addressType: '', endpoints: null, ports: null },
}

/** What DELETED shows: the object as it was when it was last selected, with the version of the change. */
function lastState({ previous, object, resourceVersion }: StoreEvent): ApiObject {
  const last = previous ?? object
  return { ...last, metadata: { ...last.metadata, resourceVersion: String(resourceVersion) } }
}
