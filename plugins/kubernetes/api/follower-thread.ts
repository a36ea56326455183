import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { entryPoint } from '#lib/entry-point.ts'
import type { Follower, FollowerEvents, FollowerPlan } from '#plugins/kubernetes/api/follower.ts'
import type { FollowerTask, FromFollower, ToFollower } from '#plugins/kubernetes/api/follower-messages.ts'
import type { HeldObject } from '#plugins/kubernetes/api/held.ts'
import type { Pace } from '#plugins/kubernetes/api/pacer.ts'

/** Objects that are handed over in one message. */
const BATCH_OBJECTS = 20
/** How long the thread may take to end, in milliseconds; it may be saving a snapshot. */
const CLOSE_TIMEOUT_MS = 5000
/** Bounds of its heap, in MiB: what it holds is outside of that, but for states that a snapshot needs. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 }

/** A thread with the lowest priority that follows a cluster in place of this one, so that a list delays no answer. */
export class FollowerThread {
  readonly #worker: Worker
  readonly #events: FollowerEvents
  #isTold = false
  #isOver = false

  /** Goes on where `before`, which has been closed, left off; `died` is told when the thread ends by itself, and why. */
  constructor(plan: FollowerPlan, before: Follower, events: FollowerEvents, died: (reason: string) => void) {
    const task: FollowerTask = { plan, state: before.state }
    let reason = ''
    this.#events = events
    this.#worker = new Worker(entryPoint('plugins/kubernetes/api/follower-worker'), {
      name: 'follower',
      workerData: task,
      resourceLimits: RESOURCE_LIMITS,
    })
    this.#worker.on('message', (message: FromFollower) => this.#receive(message))
    this.#worker.on('error', error => (reason = error instanceof Error ? error.message : String(error)))
    this.#worker.once('exit', code => {
      this.#isOver = true
      if (!this.#isTold) died(reason || `exit code ${code}`)
    })
  }

  /** Hands over what `before` holds, not faster than `pace`, and has the thread begin. */
  async begin(before: Follower, pace: Pace): Promise<void> {
    for (const [resource, { held }] of before.reflectors) {
      for (const objects of batches(held.objects())) {
        this.#send({ kind: 'held', resource, objects })
        if (pace.isDue()) await pace.rest()
      }
    }
    this.#send({ kind: 'go' })
  }

  /** Ends the thread in order, by force if need be. */
  async close(): Promise<void> {
    if (this.#isOver) return
    this.#isTold = true
    this.#send({ kind: 'close' })
    const timer = setTimeout(() => void this.#worker.terminate(), CLOSE_TIMEOUT_MS)
    await once(this.#worker, 'exit')
    clearTimeout(timer)
  }

  #send(message: ToFollower): void {
    this.#worker.postMessage(message)
  }

  #receive(message: FromFollower): void {
    const { requests } = this.#events
    switch (message.kind) {
      case 'report':
        try {
          this.#events.report(message.resource, message.report)
        } finally {
          // A fault in one report must not keep the thread from sending others.
          this.#send({ kind: 'taken' })
        }
        break
      case 'failed':
        this.#events.failed(message.resource, message.message)
        break
      case 'recovered':
        this.#events.recovered(message.resource)
        break
      case 'warning':
        this.#events.warn(message.message)
        break
      case 'waited':
        requests.waited(message.host, message.ms)
        break
      case 'answered':
        requests.answered(message.host, message.code, message.ms)
        break
    }
  }
}

/** The elements of an iterable, some at a time. */
function* batches(objects: Iterable<HeldObject>): Generator<HeldObject[], void, void> {
  let batch: HeldObject[] = []
  for (const object of objects) {
    batch.push(object)
    if (batch.length < BATCH_OBJECTS) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
