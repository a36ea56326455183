import { Worker } from 'node:worker_threads'
import type { Deferred } from '#lib/deferred.ts'
import { deferred } from '#lib/deferred.ts'
import { writeLines } from '#lib/output.ts'
import { closeAbandoned, makeMarks } from '#net/batch/descriptors.ts'
import { sharedSocketsData } from '#net/batch/shared-sockets.ts'
import type { RegistrySnapshot } from '#plugin/metric-snapshot.ts'
import type {
  ChannelMessage,
  ThreadAnswers,
  ThreadRequest,
  ToControlThread,
  ToServingThread,
} from '#server/thread-messages.ts'

/** What a serving thread does by itself. */
export interface ThreadEvents {
  received(message: ChannelMessage): void
  /** A plugin wants the process to end. */
  fatal(message: string): void
  /** The thread is no more, though nobody told it to end; `reason` may be empty. */
  died(reason: string): void
}

/** A serving thread as the control thread sees it. */
export class ThreadLink {
  /** The configurations that it has been given; messages of others are not for it. */
  readonly generations: Set<number> = new Set()
  /** The last metrics that it has told. */
  metrics: RegistrySnapshot = []
  readonly #worker: Worker
  readonly #events: ThreadEvents
  readonly #marks = makeMarks()
  /** The worker itself forgets its number when it ends. */
  readonly #thread: number
  readonly #waiting = new Map<number, Deferred<unknown>>()
  #requests = 0
  #isTold = false
  #reason = ''
  #isOver = false

  /** Starts a thread that runs `entry`. */
  constructor(entry: URL, name: string, events: ThreadEvents) {
    this.#events = events
    this.#worker = new Worker(entry, { name, workerData: { ...this.#marks, ...sharedSocketsData } })
    this.#thread = this.#worker.threadId
    this.#worker.on('message', (message: ToControlThread) => this.#receive(message))
    this.#worker.on('error', error => {
      this.#reason = error instanceof Error ? error.message : String(error)
    })
    this.#worker.on('exit', code => this.#exited(code))
  }

  /** Whether the thread is no more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Asks something of the thread. A thread that does not answer in time is ended, since nobody can tell what it does. */
  async request<R extends ThreadRequest>(request: R, timeoutMs: number): Promise<ThreadAnswers[R['kind']]> {
    const timer = setTimeout(() => void this.#worker.terminate(), timeoutMs)
    try {
      return await this.#ask(request)
    } finally {
      clearTimeout(timer)
    }
  }

  /** The metrics of the thread; those of the last time if it does not tell them within `timeoutMs`. */
  async readMetrics(timeoutMs: number): Promise<RegistrySnapshot> {
    const inTime = deferred<void>()
    const timer = setTimeout(inTime.resolve, timeoutMs)
    const answer = this.#ask({ kind: 'metrics' }).then(
      metrics => {
        this.metrics = metrics
      },
      () => {}, // The thread has ended.
    )
    await Promise.race([answer, inTime.promise])
    clearTimeout(timer)
    return this.metrics
  }

  /** Hands the thread what a plugin sends. */
  send(message: ChannelMessage): void {
    if (this.generations.has(message.generation)) this.#post(message)
  }

  /** Ends the thread in order; it is gone when this resolves, whether or not it did what it was told. */
  async stop(graceMs: number, timeoutMs: number): Promise<ThreadAnswers['stop'] | null> {
    this.#isTold = true
    try {
      const answer = await this.request({ kind: 'stop', graceMs }, timeoutMs)
      this.metrics = answer.metrics
      return answer
    } catch {
      return null
    } finally {
      await this.#worker.terminate()
    }
  }

  /** Ends the thread at once, as if it had died. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  async #ask<R extends ThreadRequest>(request: R): Promise<ThreadAnswers[R['kind']]> {
    if (this.#isOver) throw this.#over()
    const number = ++this.#requests
    const waiting = deferred<unknown>()
    this.#waiting.set(number, waiting)
    this.#post({ kind: 'request', number, request })
    return (await waiting.promise) as ThreadAnswers[R['kind']]
  }

  #receive(message: ToControlThread): void {
    switch (message.kind) {
      case 'done':
        this.#settle(message.number)?.resolve(message.answer)
        break
      case 'failed':
        this.#settle(message.number)?.reject(new Error(message.message))
        break
      case 'channel':
        this.#events.received(message)
        break
      case 'lines':
        writeLines(message.text)
        this.#post({ kind: 'lines taken' })
        break
      case 'fatal':
        this.#events.fatal(message.message)
        break
    }
  }

  #settle(number: number): Deferred<unknown> | undefined {
    const waiting = this.#waiting.get(number)
    this.#waiting.delete(number)
    return waiting
  }

  #exited(code: number): void {
    this.#isOver = true
    closeAbandoned(this.#thread, this.#marks)
    this.#reason ||= `exit code ${code}`
    for (const { reject } of this.#waiting.values()) reject(this.#over())
    this.#waiting.clear()
    if (!this.#isTold) this.#events.died(this.#reason)
  }

  #over(): Error {
    return new Error(`a serving thread has ended: ${this.#reason}`)
  }

  #post(message: ToServingThread): void {
    this.#worker.postMessage(message)
  }
}
