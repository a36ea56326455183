import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '#lib/clock.ts'
import { randomBelow } from '#lib/random.ts'
import type { BackoffTimes } from '#plugins/kubernetes/api/backoff.ts'
import { Backoff } from '#plugins/kubernetes/api/backoff.ts'
import { readChunks } from '#plugins/kubernetes/api/chunks.ts'
import type { ApiClient } from '#plugins/kubernetes/api/client.ts'
import { ApiFailure, isExpired, SilenceFailure } from '#plugins/kubernetes/api/failure.ts'
import type { FailureLog } from '#plugins/kubernetes/api/failure-log.ts'
import type { Fingerprint } from '#plugins/kubernetes/api/fingerprint.ts'
import { fingerprintOf, NO_FINGERPRINT } from '#plugins/kubernetes/api/fingerprint.ts'
import { Held } from '#plugins/kubernetes/api/held.ts'
import { Inbox } from '#plugins/kubernetes/api/inbox.ts'
import { LineSplitter } from '#plugins/kubernetes/api/line-splitter.ts'
import type { ListEnvelope } from '#plugins/kubernetes/api/list-splitter.ts'
import { ListSplitter } from '#plugins/kubernetes/api/list-splitter.ts'
import type { ApiObject } from '#plugins/kubernetes/api/object.ts'
import type { Pacer } from '#plugins/kubernetes/api/pacer.ts'
import type { Resource } from '#plugins/kubernetes/api/resource.ts'
import { keyOf } from '#plugins/kubernetes/api/resource.ts'
import type { WatchEvent } from '#plugins/kubernetes/api/watch-event.ts'
import { endsInitialEvents, failureOfEvent, objectOctets, readEvent } from '#plugins/kubernetes/api/watch-event.ts'
import type { Delta } from '#plugins/kubernetes/index/delta.ts'

/** Spans of time that tests make shorter. */
export interface ReflectorTimes {
  readonly backoff: BackoffTimes
  /** A watch or list that says nothing for so long counts as dead; bookmarks come about every minute. */
  readonly silenceMs: number
  /** The same until the first list is complete, in which there is always something to say. */
  readonly initialSilenceMs: number
}

/** What a reflector works with. */
export interface ReflectorOptions {
  readonly resource: Resource
  readonly client: ApiClient
  readonly pacer: Pacer
  readonly times: ReflectorTimes
  readonly clock: Clock
  readonly failures: FailureLog
  /** Ends it. */
  readonly signal: AbortSignal
  /** Whether `held` keeps the states of objects, to be saved. */
  readonly keepsStates: boolean
  /** Takes what has changed. */
  apply(deltas: readonly Delta[]): void
  /** Told of each complete list. */
  listed(): void
  /** Told of each object that an event of a watch was about, after its delta was applied. */
  changed?(object: ApiObject): void
}

/** Objects asked for in one page of a list. */
const PAGE_OBJECTS = 500
const MIN_WATCH_SECONDS = 300
const MAX_CONTINUE_EXPIRED = 2
const MAX_PENDING_OBJECTS = 100
/** Failures within a watch, without an event between them, after which a list takes its place. */
const MAX_FAILURES_WITHIN = 2

/** Keeps an index up to date with one resource of the API server, by a list and then a watch, whatever becomes of them. */
export class Reflector {
  readonly held: Held
  readonly #options: ReflectorOptions
  readonly #backoff: Backoff
  readonly #inbox: Inbox = new Inbox()
  /** The resource version to watch from; empty when a list is needed. */
  #version = ''
  #heardAtMs: number
  #canStreamLists = true
  /** Whether the server has once said what there is; until then, what is held may be from a snapshot. */
  #hasListed = false
  #hasProgressed = false
  #failuresWithin = 0
  #pending: Delta[] = []
  #pendingObjects: ApiObject[] = []

  constructor(options: ReflectorOptions) {
    this.#options = options
    this.held = new Held(options.resource.kind, options.keepsStates)
    this.#backoff = new Backoff(options.times.backoff)
    this.#heardAtMs = options.clock.nowMs()
  }

  /** The resource version that the index is at; empty before the first list and after it has expired. */
  get version(): string {
    return this.#version
  }

  /** Time since the API server last said something about the resource, in milliseconds. */
  get ageMs(): number {
    return this.#options.clock.nowMs() - this.#heardAtMs
  }

  /** Follows the resource until the signal ends it; never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#options
    while (!signal.aborted) {
      try {
        const isFruitful = await this.#follow()
        if (!isFruitful) await this.#pause(this.#backoff.next())
      } catch (error) {
        if (signal.aborted) return
        await this.#recover(error as Error)
      }
    }
  }

  /** One list or one watch, to its end; returns whether the next may follow at once. */
  async #follow(): Promise<boolean> {
    this.#hasProgressed = false
    if (this.#version !== '') await this.#watch(false)
    else if (this.#canStreamLists) await this.#watch(true)
    else await this.#list()
    return this.#hasProgressed
  }

  async #recover(error: Error): Promise<void> {
    this.#flush()
    const status = error instanceof ApiFailure ? error.status : 0
    const wasListing = this.#version === ''
    if (wasListing && this.#canStreamLists && (status === 400 || status === 422 || error instanceof SilenceFailure)) {
      // A server that does not know such lists refuses them, or takes them for a watch that never tells where they end.
      this.#canStreamLists = false
      return
    }
    // A watch that the server refuses to go on with is mended by a list.
    if (isExpired(error) || status === 400 || status === 422) this.#version = ''
    const retryAfterMs = error instanceof ApiFailure ? error.retryAfterMs : 0
    const { resource, failures } = this.#options
    const isUnknown = status === 404 && resource.absence !== null
    if (isUnknown) this.#takeAbsence()
    // That old versions expire, and that connections end, is part of the protocol.
    if (!this.#hasProgressed && !(isExpired(error) && !wasListing)) {
      failures.failed(isUnknown ? `${error.message}: ${resource.absence}` : error.message)
    }
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
    for (const key of this.held.keys()) this.#add(this.held.remove(key))
    this.#flush()
    this.#options.listed()
  }

  async #pause(ms: number): Promise<void> {
    try {
      await sleep(ms, undefined, { signal: this.#options.signal, ref: false })
    } catch {
      // The signal has ended it, which `run` sees.
    }
  }

  async #list(): Promise<void> {
    this.held.beginRelist()
    let token = ''
    let expirations = 0
    let version = ''
    for (let limit = PAGE_OBJECTS; ; ) {
      try {
        const { metadata } = await this.#page(limit, token)
        token = metadata?.continue ?? ''
        version = metadata?.resourceVersion ?? ''
        if (token === '') break
      } catch (error) {
        if (token === '' || !isExpired(error)) throw error
        // The pages belonged to a version that is gone: again from the first page, in the end without pages.
        token = ''
        this.held.beginRelist()
        if (++expirations === MAX_CONTINUE_EXPIRED) limit = 0
      }
    }
    await this.#complete(version)
  }

  async #page(limit: number, token: string): Promise<ListEnvelope> {
    const { client, resource, times } = this.#options
    const response = await client.get({
      path: resource.path,
      query: {
        ...resource.selectors,
        ...(limit === 0 ? {} : { limit: String(limit) }),
        ...(token === '' ? {} : { continue: token }),
      },
      isWatch: false,
    })
    const splitter = new ListSplitter()
    for await (const chunk of readChunks(response, this.#inbox, () => times.initialSilenceMs)) {
      for (const item of splitter.push(chunk)) {
        const octets = fingerprintOf(item)
        if (!this.held.isHeld(octets)) this.#put(parseObject(item), octets)
        if (this.#mustRest()) await this.#rest()
      }
    }
    this.#flush()
    this.#heard()
    return splitter.end()
  }

  /** Follows a watch to its end; `isInitial` has it begin with a list. */
  async #watch(isInitial: boolean): Promise<void> {
    const { client, resource, times } = this.#options
    const seconds = MIN_WATCH_SECONDS + randomBelow(MIN_WATCH_SECONDS + 1)
    const response = await client.get({
      path: resource.path,
      query: {
        ...resource.selectors,
        watch: 'true',
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(seconds),
        ...(isInitial
          ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
          : { resourceVersion: this.#version }),
      },
      isWatch: true,
    })
    if (isInitial) this.held.beginRelist()
    else this.#options.failures.recovered()
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
        if (this.#mustRest()) await this.#rest()
      }
      this.#flush()
    }
    if (isListing) throw new ApiFailure('the list ended in the midst')
  }

  #take(event: WatchEvent, octets: Fingerprint, isListing: boolean): void {
    const { type, object } = event
    if (type === 'ERROR') this.#failWithin(failureOfEvent(event))
    if (type === 'DELETED') this.#remove(object)
    else if (type !== 'BOOKMARK') this.#put(object, octets)
    if (isListing) return
    const version = object.metadata?.resourceVersion
    if (version !== undefined && version !== '') this.#version = version
    if (type !== 'BOOKMARK') this.#pendingObjects.push(object)
    this.#heard()
    this.#progress()
  }

  /** What fails again and again at the same place of a watch can only be passed by a new list. */
  #failWithin(failure: ApiFailure): never {
    if (++this.#failuresWithin > MAX_FAILURES_WITHIN) this.#version = ''
    throw failure
  }

  /** All objects have been put: those that were not are gone. */
  async #complete(version: string): Promise<void> {
    if (version === '') throw new ApiFailure('the list has no resource version')
    for (const key of this.held.unlisted()) {
      this.#add(this.held.remove(key))
      if (this.#mustRest()) await this.#rest()
    }
    this.#flush()
    this.#version = version
    this.#heard()
    this.#progress()
    this.#hasListed = true
    this.#options.failures.recovered()
    this.#options.listed()
  }

  #put(object: ApiObject, octets: Fingerprint): void {
    this.#add(this.held.put(keyOf(object), this.#options.resource.state(object), octets))
  }

  #remove(object: ApiObject): void {
    this.#add(this.held.remove(keyOf(object)))
  }

  #add(delta: Delta | null): void {
    if (delta !== null) this.#pending.push(delta)
  }

  /** Whether the event loop's turn has been long enough, and queries should be answered. */
  #mustRest(): boolean {
    if (this.#pending.length >= MAX_PENDING_OBJECTS) this.#flush()
    return this.#options.pacer.isDue()
  }

  #rest(): Promise<void> {
    this.#flush()
    return this.#options.pacer.rest()
  }

  #flush(): void {
    if (this.#pending.length > 0) {
      const deltas = this.#pending
      this.#pending = []
      this.#options.apply(deltas)
    }
    if (this.#pendingObjects.length === 0) return
    for (const object of this.#pendingObjects) this.#options.changed?.(object)
    this.#pendingObjects = []
  }

  #heard(): void {
    this.#heardAtMs = this.#options.clock.nowMs()
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
