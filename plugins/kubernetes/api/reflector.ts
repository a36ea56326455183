import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '#lib/clock.ts'
import type { BackoffTimes } from '#plugins/kubernetes/api/backoff.ts'
import { API_BACKOFF, Backoff } from '#plugins/kubernetes/api/backoff.ts'
import { readChunks } from '#plugins/kubernetes/api/chunks.ts'
import type { ApiClient } from '#plugins/kubernetes/api/client.ts'
import { ApiFailure, isExpired, SilenceFailure } from '#plugins/kubernetes/api/failure.ts'
import { Findings } from '#plugins/kubernetes/api/findings.ts'
import type { Fingerprint } from '#plugins/kubernetes/api/fingerprint.ts'
import { fingerprintOf, NO_FINGERPRINT } from '#plugins/kubernetes/api/fingerprint.ts'
import type { Held } from '#plugins/kubernetes/api/held.ts'
import { Inbox } from '#plugins/kubernetes/api/inbox.ts'
import { LineSplitter } from '#plugins/kubernetes/api/line-splitter.ts'
import { listPages } from '#plugins/kubernetes/api/list-pages.ts'
import type { ListEnvelope } from '#plugins/kubernetes/api/list-splitter.ts'
import { ListSplitter } from '#plugins/kubernetes/api/list-splitter.ts'
import type { ApiObject } from '#plugins/kubernetes/api/object.ts'
import type { Pace } from '#plugins/kubernetes/api/pacer.ts'
import type { Report } from '#plugins/kubernetes/api/report.ts'
import { listingWatchRequest, pageRequest, watchRequest } from '#plugins/kubernetes/api/requests.ts'
import type { Resource } from '#plugins/kubernetes/api/resource.ts'
import { keyOf } from '#plugins/kubernetes/api/resource.ts'
import type { WatchEvent } from '#plugins/kubernetes/api/watch-event.ts'
import { endsInitialEvents, failureOfEvent, objectOctets, readEvent } from '#plugins/kubernetes/api/watch-event.ts'

/** Spans of time that tests make shorter. */
export interface ReflectorTimes {
  readonly backoff: BackoffTimes
  /** A watch or list that says nothing for so long counts as dead; bookmarks come about every minute. */
  readonly silenceMs: number
  /** The same until the first list is complete, in which there is always something to say. */
  readonly initialSilenceMs: number
}

/** What suits API servers. */
export const REFLECTOR_TIMES: ReflectorTimes = { backoff: API_BACKOFF, silenceMs: 120_000, initialSilenceMs: 20_000 }

/** What a reflector works with. */
export interface ReflectorOptions {
  readonly resource: Resource
  readonly client: ApiClient
  readonly pace: Pace
  readonly times: ReflectorTimes
  readonly clock: Clock
  /** Ends it. */
  readonly signal: AbortSignal
  /** Whether `held` keeps the states of objects, to be saved. */
  readonly keepsStates: boolean
  /** Takes what has been found out. */
  report(report: Report): void
  /** Told of each failure, whether or not it goes on. */
  failed(message: string): void
  /** Told that all is well, whether or not it was before. */
  recovered(): void
}

/** How far a reflector has come, as plain data; with the objects that it holds, another can go on from there. */
export interface ReflectorState {
  /** The resource version to watch from; empty when a list is needed. */
  readonly version: string
  readonly canStreamLists: boolean
  /** Whether the server has once said what there is; until then, what is held may be from a snapshot. */
  readonly hasListed: boolean
}

const BEGINNING: ReflectorState = { version: '', canStreamLists: true, hasListed: false }
/** Failures within a watch, without an event between them, after which a list takes its place. */
const MAX_FAILURES_WITHIN = 2

/** Keeps an index up to date with one resource of the API server, by a list and then a watch, whatever becomes of them. */
export class Reflector {
  readonly #options: ReflectorOptions
  readonly #backoff: Backoff
  readonly #findings: Findings
  readonly #inbox: Inbox = new Inbox()
  #heardAtMs: number
  #canStreamLists: boolean
  #hasListed: boolean
  #hasProgressed = false
  #failuresWithin = 0

  /** Begins with a list, or where another left off. */
  constructor(options: ReflectorOptions, state: ReflectorState = BEGINNING) {
    this.#options = options
    const { resource, keepsStates, report } = options
    this.#findings = new Findings(resource, keepsStates, state.version, report)
    this.#backoff = new Backoff(options.times.backoff)
    this.#heardAtMs = options.clock.nowMs()
    this.#canStreamLists = state.canStreamLists
    this.#hasListed = state.hasListed
  }

  /** What the index has been told of the resource. */
  get held(): Held {
    return this.#findings.held
  }

  /** How far it has come. */
  get state(): ReflectorState {
    return { version: this.#findings.version, canStreamLists: this.#canStreamLists, hasListed: this.#hasListed }
  }

  /** Time since the API server last said something about the resource, in milliseconds. */
  get ageMs(): number {
    return this.#options.clock.nowMs() - this.#heardAtMs
  }

  /** Follows the resource until the signal ends it; never rejects. What is held has been reported then. */
  async run(): Promise<void> {
    const { signal } = this.#options
    while (!signal.aborted) {
      try {
        const isFruitful = await this.#follow()
        if (!isFruitful) await this.#pause(this.#backoff.next())
      } catch (error) {
        if (!signal.aborted) await this.#recover(error as Error)
      }
    }
    this.#findings.flush()
  }

  /** Takes the states of a snapshot, in JSON, of objects that nothing is known of; only before the first list. */
  async adopt(states: readonly string[]): Promise<void> {
    for (const json of states) {
      if (this.#hasListed) return
      this.#findings.adopt(json)
      if (this.#options.pace.isDue()) await this.#rest()
    }
    this.#findings.flush()
  }

  /** Forgets what came from a snapshot; nothing after the first list. */
  forgetAdopted(): void {
    if (this.#hasListed) return
    this.#findings.removeAll()
    this.#findings.flush()
  }

  /** One list or one watch, to its end; returns whether the next may follow at once. */
  async #follow(): Promise<boolean> {
    this.#hasProgressed = false
    if (this.#findings.version !== '') await this.#watch(false)
    else if (this.#canStreamLists) await this.#watch(true)
    else await this.#list()
    return this.#hasProgressed
  }

  async #recover(error: Error): Promise<void> {
    this.#findings.flush()
    const status = error instanceof ApiFailure ? error.status : 0
    const wasListing = this.#findings.version === ''
    if (wasListing && this.#canStreamLists && (status === 400 || status === 422 || error instanceof SilenceFailure)) {
      // A server that does not know such lists refuses them, or takes them for a watch that never tells where they end.
      this.#canStreamLists = false
      return
    }
    // A watch that the server refuses to go on with is mended by a list.
    if (isExpired(error) || status === 400 || status === 422) this.#findings.version = ''
    const retryAfterMs = error instanceof ApiFailure ? error.retryAfterMs : 0
    const { resource, failed } = this.#options
    const isUnknown = status === 404 && resource.absence !== null
    if (isUnknown) this.#takeAbsence()
    // That old versions expire, and that connections end, is part of the protocol.
    if (!this.#hasProgressed && !(isExpired(error) && !wasListing)) {
      failed(isUnknown ? `${error.message}: ${resource.absence}` : error.message)
    }
    this.#findings.flush()
    const waitMs = this.#backoff.next()
    await this.#pause(retryAfterMs > 0 ? retryAfterMs + waitMs : waitMs)
  }

  /**
   * What the server does not know has no objects, but for those that it has had itself: they stay, as in every other failure.
   * Either way this is what it has to say: nothing is out of date for a resource that somebody has removed.
   */
  #takeAbsence(): void {
    this.#heard()
    if (this.#hasListed) return
    this.#hasListed = true
    this.#findings.removeAll()
    this.#findings.flush(true)
  }

  async #pause(ms: number): Promise<void> {
    try {
      await sleep(ms, undefined, { signal: this.#options.signal, ref: false })
    } catch {
      // The signal has ended it, which `run` sees.
    }
  }

  async #list(): Promise<void> {
    const version = await listPages(
      () => this.held.beginRelist(),
      (limit, token) => this.#page(limit, token),
    )
    await this.#complete(version)
  }

  async #page(limit: number, token: string): Promise<ListEnvelope> {
    const { client, resource, times } = this.#options
    const response = await client.get(pageRequest(resource, limit, token))
    const splitter = new ListSplitter()
    for await (const chunk of readChunks(response, this.#inbox, () => times.initialSilenceMs)) {
      for (const item of splitter.push(chunk)) {
        const octets = fingerprintOf(item)
        if (!this.held.isHeld(octets)) this.#findings.put(parseObject(item), octets)
        if (this.#options.pace.isDue()) await this.#rest()
      }
    }
    this.#heard()
    this.#findings.flush()
    return splitter.end()
  }

  /** Follows a watch to its end; `isInitial` has it begin with a list. */
  async #watch(isInitial: boolean): Promise<void> {
    const { client, resource, times } = this.#options
    const request = isInitial ? listingWatchRequest(resource) : watchRequest(resource, this.#findings.version)
    const response = await client.get(request)
    if (isInitial) this.held.beginRelist()
    else this.#options.recovered()
    const lines = new LineSplitter()
    let isListing = isInitial
    const silenceMs = (): number => (isListing ? times.initialSilenceMs : times.silenceMs)
    for await (const chunk of readChunks(response, this.#inbox, silenceMs)) {
      for (const line of lines.push(chunk)) {
        const object = objectOctets(line)
        const octets = object === null ? NO_FINGERPRINT : fingerprintOf(object)
        // Most of what is listed again has not changed: that is not decoded.
        if (!isListing || !this.held.isHeld(octets)) {
          const event = readEvent(line)
          if (event === null) this.#failWithin(new ApiFailure('an event is not JSON'))
          else if (isListing && endsInitialEvents(event)) {
            await this.#complete(event.object.metadata?.resourceVersion ?? '')
            isListing = false
          } else this.#take(event, octets, isListing)
        }
        if (this.#options.pace.isDue()) await this.#rest()
      }
      this.#findings.flush()
    }
    if (isListing) throw new ApiFailure('the list ended in the midst')
  }

  #take(event: WatchEvent, octets: Fingerprint, isListing: boolean): void {
    const { type, object } = event
    if (type === 'ERROR') this.#failWithin(failureOfEvent(event))
    if (type === 'DELETED') this.#findings.remove(keyOf(object))
    else if (type !== 'BOOKMARK') this.#findings.put(object, octets)
    if (isListing) return
    const version = object.metadata?.resourceVersion
    if (version !== undefined && version !== '') this.#findings.version = version
    if (type !== 'BOOKMARK') this.#findings.changed(object)
    this.#heard()
    this.#progress()
  }

  /** What fails again and again at the same place of a watch can only be passed by a new list. */
  #failWithin(failure: ApiFailure): never {
    if (++this.#failuresWithin > MAX_FAILURES_WITHIN) this.#findings.version = ''
    throw failure
  }

  /** All objects have been put: those that were not are gone. */
  async #complete(version: string): Promise<void> {
    if (version === '') throw new ApiFailure('the list has no resource version')
    for (const key of this.held.unlisted()) {
      this.#findings.remove(key)
      if (this.#options.pace.isDue()) await this.#rest()
    }
    this.#findings.version = version
    this.#heard()
    this.#progress()
    this.#hasListed = true
    this.#findings.flush(true)
    this.#options.recovered()
  }

  /** Gives way to queries when the event loop's turn has been long enough. */
  async #rest(): Promise<void> {
    this.#findings.flush()
    await this.#options.pace.rest()
  }

  #heard(): void {
    this.#heardAtMs = this.#options.clock.nowMs()
    this.#findings.heard()
  }

  #progress(): void {
    this.#hasProgressed = true
    this.#failuresWithin = 0
    this.#backoff.reset()
  }
}

function parseObject(octets: Buffer): ApiObject {
  try {
    return JSON.parse(octets.toString()) as ApiObject
  } catch {
    throw new ApiFailure('an object of the list is not JSON')
  }
}
