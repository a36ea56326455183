import type { Clock } from '#lib/clock.ts'
import { formatDuration } from '#lib/duration.ts'
import { MAX_TIMER_MS } from '#lib/timer.ts'
import type { Followed } from '#plugin/capability.ts'
import type { Logger } from '#plugin/log.ts'
import type { MetricRegistry } from '#plugin/metrics.ts'
import { ClientMetrics } from '#plugins/kubernetes/api/client-metrics.ts'
import { FailureLog } from '#plugins/kubernetes/api/failure-log.ts'
import type { FollowerEvents, FollowerPlan } from '#plugins/kubernetes/api/follower.ts'
import { FollowerPlace } from '#plugins/kubernetes/api/follower-place.ts'
import { Freshness } from '#plugins/kubernetes/api/freshness.ts'
import type { ObjectMetadata } from '#plugins/kubernetes/api/object.ts'
import type { Report } from '#plugins/kubernetes/api/report.ts'
import type { Resource } from '#plugins/kubernetes/api/resource.ts'
import { selectedResources } from '#plugins/kubernetes/api/resource.ts'
import type { Delta, DeltaBatch } from '#plugins/kubernetes/index/delta.ts'

/** What a source of deltas from the API server needs. */
export interface ApiSourceOptions {
  readonly plan: FollowerPlan
  /** How long `start` waits for the first lists, in milliseconds. */
  readonly startupTimeoutMs: number
  /** A cluster of more objects than this is followed in a thread of its own. */
  readonly largeObjects: number
  readonly log: Logger
  readonly clock: Clock
  readonly metrics: MetricRegistry
  /** Takes the deltas. */
  apply(batch: DeltaBatch): void
  /** Told of each EndpointSlice that an event was about, once its delta has been applied. */
  sliceChanged(slice: ObjectMetadata): void
  /** The keys of all objects of a kind that the deltas have led to. */
  keys(kind: Delta['kind']): Iterable<string>
}

const WAITING_LINE_MS = 500

/** Follows a cluster through its API server. */
export class ApiSource {
  readonly #options: ApiSourceOptions
  readonly #unlisted: Set<Resource['name']>
  readonly #freshness: Freshness
  readonly #place: FollowerPlace
  #isFromSnapshot = false
  #isClosed = false
  #expiry: NodeJS.Timeout | undefined
  #onSynced = () => {}

  constructor(options: ApiSourceOptions) {
    const { plan, log, clock, metrics } = options
    const names = selectedResources(plan.selection).map(({ name }) => name)
    this.#options = options
    this.#unlisted = new Set(names)
    this.#freshness = new Freshness(names, clock, metrics)
    const failures = new Map(names.map(name => [name, new FailureLog(name, log, clock)]))
    const events: FollowerEvents = {
      requests: new ClientMetrics(metrics),
      report: (name, report) => this.#take(name, report),
      failed: (name, message) => failures.get(name)!.failed(message),
      recovered: name => failures.get(name)!.recovered(),
      warn: message => log.warning(message),
    }
    this.#place = new FollowerPlace({ ...options, events })
  }

  /** Whether all resources have been listed once. */
  get synced(): boolean {
    return this.#unlisted.size === 0
  }

  /**
   * Begins to follow the cluster; resolves once all is known that there is, or when the time for that is over. Rejects with an
   * Error that ends the start when there is no access to be had.
   */
  async start(): Promise<void> {
    const { log, startupTimeoutMs } = this.#options
    await this.#place.start()
    this.#freshness.begin()
    const lines = setInterval(() => log.info('waiting for Kubernetes API before starting server'), WAITING_LINE_MS)
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>(resolve => {
      this.#onSynced = resolve
      timer = setTimeout(resolve, Math.min(startupTimeoutMs, MAX_TIMER_MS))
    })
    clearInterval(lines)
    clearTimeout(timer)
    if (this.synced || this.#isClosed) return
    log.warning('starting server with unsynced Kubernetes API')
    await this.#adoptSnapshot()
  }

  /** Each resource, and how up to date it is. */
  followed(): Followed[] {
    return this.#freshness.followed()
  }

  /** Ends all connections; resolves when nothing is going on any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#onSynced()
    clearTimeout(this.#expiry)
    await this.#place.close()
    this.#freshness.end()
  }

  #take(name: Resource['name'], report: Report): void {
    const { deltas, changes, isListed } = report
    const isLastList = isListed && this.#unlisted.delete(name) && this.synced
    if (isLastList) {
      clearTimeout(this.#expiry)
      this.#isFromSnapshot = false
    }
    this.#freshness.note(name, report)
    if (deltas.length > 0 || isLastList) this.#apply(deltas)
    if (name === 'endpointslices') for (const change of changes) this.#options.sliceChanged(change)
    if (isLastList) this.#onSynced()
    if (this.synced) this.#place.moveIfLarge()
  }

  #apply(deltas: DeltaBatch['deltas']): void {
    const { apply, clock } = this.#options
    const synced = this.synced || this.#isFromSnapshot
    apply({ atSeconds: Math.floor(clock.wallMs() / 1000), deltas, synced })
  }

  async #adoptSnapshot(): Promise<void> {
    const { log, clock, plan } = this.#options
    const savedAtMs = await this.#place.adoptSnapshot()
    if (savedAtMs === null || this.synced || this.#isClosed) return
    this.#isFromSnapshot = true
    this.#apply([])
    const { file, maxAgeMs } = plan.snapshot!
    const ageMs = Math.max(0, clock.wallMs() - savedAtMs)
    log.warning(`answering from the snapshot ${file}, ${formatDuration(Math.round(ageMs / 1000) * 1000)} old`)
    this.#expiry = setTimeout(() => this.#expire(), Math.min(maxAgeMs - ageMs, MAX_TIMER_MS)).unref()
  }

  /** The snapshot is too old by now: what has not been listed is not known. */
  #expire(): void {
    this.#isFromSnapshot = false
    this.#place.forgetSnapshot()
    this.#apply([])
    this.#options.log.warning('the snapshot is too old by now: unsynced names get SERVFAIL')
  }
}
