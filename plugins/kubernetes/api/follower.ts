import type { Clock } from '#lib/clock.ts'
import type { ApiAccess } from '#plugins/kubernetes/api/access.ts'
import type { ApiLimits, RequestObserver } from '#plugins/kubernetes/api/client.ts'
import { ApiClient } from '#plugins/kubernetes/api/client.ts'
import type { AccessOptions } from '#plugins/kubernetes/api/open-access.ts'
import type { Pace } from '#plugins/kubernetes/api/pacer.ts'
import type { ReflectorState, ReflectorTimes } from '#plugins/kubernetes/api/reflector.ts'
import { Reflector } from '#plugins/kubernetes/api/reflector.ts'
import type { Report } from '#plugins/kubernetes/api/report.ts'
import type { Resource, Selection } from '#plugins/kubernetes/api/resource.ts'
import { selectedResources } from '#plugins/kubernetes/api/resource.ts'
import type { SnapshotOption } from '#plugins/kubernetes/api/snapshot-keeper.ts'
import { SnapshotKeeper } from '#plugins/kubernetes/api/snapshot-keeper.ts'

/** Which cluster to follow, and how, as plain data. */
export interface FollowerPlan {
  readonly access: AccessOptions
  readonly limits: ApiLimits
  readonly selection: Selection
  readonly times: ReflectorTimes
  /** The file is absolute. */
  readonly snapshot: SnapshotOption | null
}

/** Takes what a follower has to say. */
export interface FollowerEvents {
  /** Takes a line for the log. */
  warn(message: string): void
  readonly requests: RequestObserver
  report(resource: Resource['name'], report: Report): void
  /** Told of each failure to follow a resource, whether or not it goes on. */
  failed(resource: Resource['name'], message: string): void
  /** Told that a resource is followed, whether or not it was before. */
  recovered(resource: Resource['name']): void
}

/** How far a follower has come with each resource. */
export type FollowerState = ReadonlyMap<Resource['name'], ReflectorState>

/** What the API server has confirmed within this time counts as up to date. */
const CURRENT_MS = 300_000

/** Follows all resources of a cluster that DNS answers from, in whichever thread. */
export class Follower {
  readonly reflectors: ReadonlyMap<Resource['name'], Reflector>
  readonly #events: FollowerEvents
  readonly #keeper: SnapshotKeeper | null
  readonly #end = new AbortController()
  #running: Promise<unknown> = Promise.resolve()

  /** Begins with lists, or where another left off. */
  constructor(
    plan: FollowerPlan,
    access: ApiAccess,
    pace: Pace,
    events: FollowerEvents,
    clock: Clock,
    state?: FollowerState,
  ) {
    const { limits, times, selection, snapshot } = plan
    const { signal } = this.#end
    const client = new ApiClient(access, limits, events.requests, clock, signal)
    this.#events = events
    this.reflectors = new Map(
      selectedResources(selection).map(resource => {
        const reflector = new Reflector(
          {
            resource,
            client,
            pace,
            times,
            clock,
            signal,
            keepsStates: snapshot !== null,
            report: report => this.#report(resource.name, report),
            failed: message => events.failed(resource.name, message),
            recovered: () => events.recovered(resource.name),
          },
          state?.get(resource.name),
        )
        return [resource.name, reflector]
      }),
    )
    this.#keeper = snapshot === null ? null : this.#makeKeeper(snapshot, access, selection, clock)
  }

  /** How far it has come. */
  get state(): FollowerState {
    return new Map([...this.reflectors].map(([name, { state }]) => [name, state]))
  }

  /** How many objects it holds. */
  get size(): number {
    return [...this.reflectors.values()].reduce((sum, { held }) => sum + held.size, 0)
  }

  run(): void {
    this.#running = Promise.all([...this.reflectors.values()].map(reflector => reflector.run()))
    if (this.#hasListedAll) this.#keeper?.changed()
  }

  /**
   * Takes from the snapshot what has not been listed; the first list is compared with it as with any other state. Returns when it
   * was saved, in milliseconds since 1970; `null` when there is none that can be used.
   */
  async adoptSnapshot(): Promise<number | null> {
    const snapshot = (await this.#keeper?.load()) ?? null
    if (snapshot === null) return null
    for (const [name, reflector] of this.reflectors) await reflector.adopt(snapshot.states.get(name) ?? [])
    return snapshot.savedAtMs
  }

  /** Forgets what came from the snapshot and has not been listed since. */
  forgetSnapshot(): void {
    for (const reflector of this.reflectors.values()) reflector.forgetAdopted()
  }

  /** Ends all requests; resolves when nothing is going on any more, and all that is held has been reported. */
  async close(): Promise<void> {
    this.#end.abort()
    await this.#running
    await this.#keeper?.close()
  }

  get #hasListedAll(): boolean {
    return [...this.reflectors.values()].every(({ state }) => state.hasListed)
  }

  #report(name: Resource['name'], report: Report): void {
    this.#events.report(name, report)
    const isNews = report.deltas.length > 0 || report.isListed
    if (this.#keeper !== null && isNews && this.#hasListedAll) this.#keeper.changed()
  }

  #makeKeeper(option: SnapshotOption, access: ApiAccess, selection: Selection, clock: Clock): SnapshotKeeper {
    const all = [...this.reflectors]
    return new SnapshotKeeper({
      ...option,
      selection: JSON.stringify([access.server.href, selection]),
      warn: message => this.#events.warn(message),
      clock,
      isCurrent: () => this.#hasListedAll && all.every(([, { ageMs }]) => ageMs < CURRENT_MS),
      *lines() {
        for (const [name, { held }] of all) for (const json of held.states()) yield [name, json] as const
      },
    })
  }
}
