import type { Channel, ChannelEnds, ThreadsOfInstance } from '#plugin/threads.ts'

type Post = (id: string, data: unknown) => void

/** The ends of one configuration's channels in this thread. */
class Ends {
  readonly #ends = new Map<string, ChannelEnds<unknown>>()

  add<T>(id: string, ends: ChannelEnds<T>): void {
    // Counterparts are built from the same configuration, so what arrives under this name is a T.
    this.#ends.set(id, ends as ChannelEnds<unknown>)
  }

  /** Takes what a counterpart has sent. */
  receive(id: string, data: unknown): void {
    this.#ends.get(id)?.receive(data)
  }

  snapshots(): Map<string, unknown> {
    const snapshots = new Map<string, unknown>()
    for (const [id, ends] of this.#ends) {
      const snapshot = ends.snapshot?.() ?? null
      if (snapshot !== null) snapshots.set(id, snapshot)
    }
    return snapshots
  }
}

/** The threads as a configuration in the control thread sees them when others serve. */
export class ControlThread implements ThreadsOfInstance {
  readonly isControl = true
  readonly serves = false
  readonly #ends = new Ends()
  readonly #post: Post
  readonly #allServe: () => boolean

  /** `post` sends to all serving threads that have this configuration. */
  constructor(post: Post, allServe: () => boolean) {
    this.#post = post
    this.#allServe = allServe
  }

  get allServe(): boolean {
    return this.#allServe()
  }

  channel<T>(id: string, ends: ChannelEnds<T>): Channel<T> {
    this.#ends.add(id, ends)
    return {
      send: data => {
        ends.receive(data)
        this.#post(id, data)
      },
    }
  }

  /** Takes what a serving thread has sent. */
  receive(id: string, data: unknown): void {
    this.#ends.receive(id, data)
  }

  /** What a thread has to receive first, by channel. */
  snapshots(): Map<string, unknown> {
    return this.#ends.snapshots()
  }
}

/** The threads as a configuration in a serving thread sees them. */
export class ServingThread implements ThreadsOfInstance {
  readonly isControl = false
  readonly serves = true
  readonly allServe = true
  readonly #ends = new Ends()
  readonly #post: Post

  /** `post` sends to the control thread. */
  constructor(post: Post) {
    this.#post = post
  }

  channel<T>(id: string, ends: ChannelEnds<T>): Channel<T> {
    this.#ends.add(id, ends)
    return { send: data => this.#post(id, data) }
  }

  /** Takes what the control thread has sent. */
  receive(id: string, data: unknown): void {
    this.#ends.receive(id, data)
  }
}
