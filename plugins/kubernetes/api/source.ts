import type { Clock } from '#lib/clock.ts'
import { formatDuration } from '#lib/duration.ts'
import { MAX_TIMER_MS } from '#lib/timer.ts'
import type { Followed } from '#plugin/capability.ts'
import type { Logger } from '#plugin/log.ts'
import type { Gauge, MetricRegistry } from '#plugin/metrics.ts'
import type { ApiAccess } from '#plugins/kubernetes/api/access.ts'
import { API_BACKOFF } from '#plugins/kubernetes/api/backoff.ts'
import type { ApiLimits } from '#plugins/kubernetes/api/client.ts'
import { ApiClient } from '#plugins/kubernetes/api/client.ts'
import { ClientMetrics } from '#plugins/kubernetes/api/client-metrics.ts'
import { FailureLog } from '#plugins/kubernetes/api/failure-log.ts'
import type { ApiObject, ObjectMetadata } from '#plugins/kubernetes/api/object.ts'
import { Pacer } from '#plugins/kubernetes/api/pacer.ts'
import type { ReflectorTimes } from '#plugins/kubernetes/api/reflector.ts'
import { Reflector } from '#plugins/kubernetes/api/reflector.ts'
import type { Resource, Selection } from '#plugins/kubernetes/api/resource.ts'
import { keyOf, selectedResources } from '#plugins/kubernetes/api/resource.ts'
import type { Snapshot } from '#plugins/kubernetes/api/snapshot.ts'
import type { SnapshotOption } from '#plugins/kubernetes/api/snapshot-keeper.ts'
import { SnapshotKeeper } from '#plugins/kubernetes/api/snapshot-keeper.ts'
import type { DeltaBatch } from '#plugins/kubernetes/index/delta.ts'

/** What a source of deltas from the API server needs. */
export interface ApiSourceOptions {
  /** Rejects with an Error that ends the start when there is no access to be had. */
  openAccess(): Promise<ApiAccess>
  readonly limits: ApiLimits
  readonly selection: Selection
  /** How long `start` waits for the first lists, in milliseconds. */
  readonly startupTimeoutMs: number
  readonly times?: ReflectorTimes
  readonly snapshot: SnapshotOption | null
  readonly log: Logger
  readonly clock: Clock
  readonly metrics: MetricRegistry
  /** Takes the deltas. */
  apply(batch: DeltaBatch): void
  /** Told of each EndpointSlice that an event was about, once its delta has been applied. */
  sliceChanged(object: ApiObject): void
}

const TIMES: ReflectorTimes = { backoff: API_BACKOFF, silenceMs: 120_000, initialSilenceMs: 20_000 }
const WAITING_LINE_MS = 500
/** What the API server has confirmed within this time counts as up to date. */
const CURRENT_MS = 300_000

/** Follows a cluster through its API server. */
export class ApiSource {
  readonly #options: ApiSourceOptions
  readonly #end = new AbortController()
  readonly #resources: readonly Resource[]
  readonly #unlisted: Set<Resource>
  readonly #ages: Gauge
  readonly #versions: Gauge
  #reflectors: ReadonlyMap<Resource, Reflector> = new Map()
  #access: ApiAccess | null = null
  #running: Promise<unknown> = Promise.resolve()
  #keeper: SnapshotKeeper | null = null
  #isFromSnapshot = false
  #expiry: NodeJS.Timeout | undefined
  readonly #pacer = new Pacer()
  #onSynced = () => {}
  #stopCollecting = () => {}

  constructor(options: ApiSourceOptions) {
    const { metrics } = options
    this.#options = options
    this.#resources = selectedResources(options.selection)
    this.#unlisted = new Set(this.#resources)
    this.#ages = metrics.gauge({
      name: 'nodens_kubernetes_watch_age_seconds',
      help: 'Time since the Kubernetes API last said something about a resource.',
      labels: ['resource'],
    })
    this.#versions = metrics.gauge({
      name: 'nodens_kubernetes_resource_version',
      help: 'The resource version up to which a resource is known.',
      labels: ['resource'],
    })
  }

  /** Whether all resources have been listed once. */
  get synced(): boolean {
    return this.#unlisted.size === 0
  }

  /** Begins to follow the cluster; resolves once all is known that there is, or when the time for that is over. */
  async start(): Promise<void> {
    const { log, startupTimeoutMs, metrics } = this.#options
    this.#access = await this.#options.openAccess()
    this.#keeper = this.#makeKeeper(this.#access)
    this.#reflectors = this.#makeReflectors(this.#access)
    this.#stopCollecting = metrics.onCollect(() => this.#collect())
    this.#running = Promise.all([...this.#reflectors.values()].map(reflector => reflector.run()))
    const lines = setInterval(() => log.info('waiting for Kubernetes API before starting server'), WAITING_LINE_MS)
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>(resolve => {
      this.#onSynced = resolve
      timer = setTimeout(resolve, Math.min(startupTimeoutMs, MAX_TIMER_MS))
    })
    clearInterval(lines)
    clearTimeout(timer)
    if (this.synced || this.#end.signal.aborted) return
    log.warning('starting server with unsynced Kubernetes API')
    const snapshot = (await this.#keeper?.load()) ?? null
    if (snapshot !== null) await this.#adopt(snapshot)
  }

  /** Each resource, and how up to date it is. */
  followed(): Followed[] {
    return [...this.#reflectors].map(([{ name }, { version, ageMs }]) => ({ what: name, version, ageMs }))
  }

  /** Ends all connections; resolves when nothing is going on any more. */
  async close(): Promise<void> {
    this.#end.abort()
    this.#onSynced()
    clearTimeout(this.#expiry)
    await this.#running
    await this.#keeper?.close()
    this.#access?.close()
    this.#stopCollecting()
    for (const { name } of this.#reflectors.keys()) {
      this.#ages.remove(name)
      this.#versions.remove(name)
    }
  }

  #makeReflectors(access: ApiAccess): ReadonlyMap<Resource, Reflector> {
    const { limits, log, clock, metrics, times = TIMES, snapshot, sliceChanged } = this.#options
    const { signal } = this.#end
    const client = new ApiClient(access, limits, new ClientMetrics(metrics), clock, signal)
    const pacer = this.#pacer
    return new Map(
      this.#resources.map(resource => {
        const reflector = new Reflector({
          resource,
          client,
          pacer,
          times,
          clock,
          failures: new FailureLog(resource.name, log, clock),
          signal,
          keepsStates: snapshot !== null,
          apply: deltas => this.#apply(deltas),
          listed: () => this.#listed(resource),
          ...(resource.name === 'endpointslices' ? { changed: sliceChanged } : {}),
        })
        return [resource, reflector]
      }),
    )
  }

  #listed(resource: Resource): void {
    if (!this.#unlisted.delete(resource) || !this.synced) return
    clearTimeout(this.#expiry)
    this.#isFromSnapshot = false
    this.#apply([])
    this.#keeper?.changed()
    this.#onSynced()
  }

  #apply(deltas: DeltaBatch['deltas']): void {
    const { apply, clock } = this.#options
    const synced = this.synced || this.#isFromSnapshot
    apply({ atSeconds: Math.floor(clock.wallMs() / 1000), deltas, synced })
    if (this.synced && deltas.length > 0) this.#keeper?.changed()
  }

  #makeKeeper(access: ApiAccess): SnapshotKeeper | null {
    const { snapshot, selection, log, clock } = this.#options
    if (snapshot === null) return null
    const reflectors = (): ReadonlyMap<Resource, Reflector> => this.#reflectors
    return new SnapshotKeeper({
      ...snapshot,
      selection: JSON.stringify([access.server.href, selection]),
      log,
      clock,
      isCurrent: () => this.synced && [...this.#reflectors.values()].every(({ ageMs }) => ageMs < CURRENT_MS),
      *lines() {
        for (const [{ name }, { held }] of reflectors()) for (const json of held.states()) yield [name, json] as const
      },
    })
  }

  /** Takes from a snapshot what has not been listed; the first list is compared with it as with any other state. */
  async #adopt(snapshot: Snapshot): Promise<void> {
    const { log, clock, snapshot: option } = this.#options
    for (const [resource, { held }] of this.#reflectors) {
      for (const json of snapshot.states.get(resource.name) ?? []) {
        if (!this.#unlisted.has(resource)) break
        const delta = held.adopt(keyOf({ metadata: JSON.parse(json) as ObjectMetadata }), json)
        if (delta !== null) this.#apply([delta])
        if (this.#pacer.isDue()) await this.#pacer.rest()
      }
    }
    if (this.synced || this.#end.signal.aborted) return
    this.#isFromSnapshot = true
    this.#apply([])
    const ageMs = Math.max(0, clock.wallMs() - snapshot.savedAtMs)
    log.warning(`answering from the snapshot ${option!.file}, ${formatDuration(Math.round(ageMs / 1000) * 1000)} old`)
    this.#expiry = setTimeout(() => this.#expire(), Math.min(option!.maxAgeMs - ageMs, MAX_TIMER_MS)).unref()
  }

  /** The snapshot is too old by now: what has not been listed is not known. */
  #expire(): void {
    this.#isFromSnapshot = false
    for (const [resource, { held }] of this.#reflectors) {
      if (!this.#unlisted.has(resource)) continue
      this.#apply(held.keys().flatMap(key => held.remove(key) ?? []))
    }
    this.#apply([])
    this.#options.log.warning('the snapshot is too old by now: unsynced names get SERVFAIL')
  }

  #collect(): void {
    for (const [{ name }, { ageMs, version }] of this.#reflectors) {
      this.#ages.labels(name).set(ageMs / 1000)
      // It is a number, though clients need not rely on that.
      const number = Number(version)
      if (version !== '' && Number.isFinite(number)) this.#versions.labels(name).set(number)
    }
  }
}
