import type { Clock } from '#lib/clock.ts'
import type { ApiAccess } from '#plugins/kubernetes/api/access.ts'
import type { FollowerEvents, FollowerPlan } from '#plugins/kubernetes/api/follower.ts'
import { Follower } from '#plugins/kubernetes/api/follower.ts'
import { FollowerThread } from '#plugins/kubernetes/api/follower-thread.ts'
import { openAccess } from '#plugins/kubernetes/api/open-access.ts'
import { Pacer } from '#plugins/kubernetes/api/pacer.ts'
import { selectedResources } from '#plugins/kubernetes/api/resource.ts'
import type { Delta } from '#plugins/kubernetes/index/delta.ts'

/** What finding a place for a follower needs. */
export interface FollowerPlaceOptions {
  readonly plan: FollowerPlan
  /** A cluster of more objects than this is followed in a thread of its own. */
  readonly largeObjects: number
  readonly events: FollowerEvents
  readonly clock: Clock
  /** The keys of all objects of a kind that the index has been told of. */
  keys(kind: Delta['kind']): Iterable<string>
}

/** Fingerprints of an object of which nothing but the key is known. */
const UNKNOWN = [0, 0, 0, 0] as const

/**
 * Where a cluster is followed: in this thread, which costs nothing, until it is so large that lists would delay answers; then in a
 * thread of its own. Should that end, this thread goes on for good.
 */
export class FollowerPlace {
  readonly #options: FollowerPlaceOptions
  readonly #pacer = new Pacer()
  #access: ApiAccess | null = null
  #here: Follower | null = null
  #thread: FollowerThread | null = null
  #moving: Promise<void> | null = null
  #isClosed = false

  constructor(options: FollowerPlaceOptions) {
    this.#options = options
  }

  /** Begins in this thread. Rejects with an Error for the log when there is no access to be had. */
  async start(): Promise<void> {
    const { plan, clock } = this.#options
    this.#access = await openAccess(plan.access, clock)
    if (this.#isClosed) return this.#access.close()
    this.#here = this.#makeFollower(this.#access)
    this.#here.run()
  }

  /** Takes what a snapshot has; as `Follower.adoptSnapshot`. */
  async adoptSnapshot(): Promise<number | null> {
    return (await this.#here?.adoptSnapshot()) ?? null
  }

  /** As `Follower.forgetSnapshot`. */
  forgetSnapshot(): void {
    this.#here?.forgetSnapshot()
  }

  /** To be called when all is known, and whenever there may be more of it. */
  moveIfLarge(): void {
    if (this.#here === null || this.#moving !== null || this.#here.size <= this.#options.largeObjects) return
    this.#moving = this.#move(this.#here)
  }

  /** Resolves when nothing is going on any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#moving
    await this.#here?.close()
    await this.#thread?.close()
    this.#access?.close()
  }

  async #move(here: Follower): Promise<void> {
    const { plan, events } = this.#options
    await here.close()
    this.#access?.close()
    if (this.#isClosed) return
    this.#here = null
    try {
      this.#thread = new FollowerThread(plan, here, events, reason => {
        this.#moving = this.#takeBack(reason)
      })
      await this.#thread.begin(here, this.#pacer)
    } catch (error) {
      // The system gives no more threads.
      await this.#takeBack((error as Error).message)
    }
  }

  /** What the index has been told is compared with new lists. */
  async #takeBack(reason: string): Promise<void> {
    const { plan, events, keys } = this.#options
    this.#thread = null
    if (this.#isClosed) return
    events.warn(`the thread that followed the cluster has ended (${reason}); the one that answers queries goes on`)
    const follower = this.#makeFollower(this.#access!)
    for (const { name, kind } of selectedResources(plan.selection)) {
      const { held } = follower.reflectors.get(name)!
      for (const key of keys(kind)) {
        held.restore({ key, words: UNKNOWN, json: '' })
        if (this.#pacer.isDue()) await this.#pacer.rest()
      }
    }
    if (this.#isClosed) return
    this.#here = follower
    follower.run()
  }

  #makeFollower(access: ApiAccess): Follower {
    const { plan, events, clock } = this.#options
    return new Follower(plan, access, this.#pacer, events, clock)
  }
}
