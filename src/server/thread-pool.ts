import type { Logger } from '#plugin/log.ts'
import type { RegistrySnapshot } from '#plugin/metric-snapshot.ts'
import type { MetricRegistry, Slot } from '#plugin/metrics.ts'
import type { ControlThread } from '#server/channels.ts'
import type { SocketsWanted } from '#server/listeners.ts'
import { ThreadLink } from '#server/thread-link.ts'
import type { ChannelMessage, SharedConfiguration } from '#server/thread-messages.ts'

/** How long a thread may take for a step of a start or reload, in milliseconds. */
const STEP_TIMEOUT_MS = 30_000
/** How long a thread may take beyond the grace for its queries, in milliseconds. */
const SLACK_MS = 3000
/** How long a scrape waits for the metrics of a thread, in milliseconds. */
const METRICS_TIMEOUT_MS = 1000
/** The wait before a thread that died is replaced; each death that follows soon doubles it. */
const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 30_000
/** A thread that lived longer than this did not die of what killed the one before it. */
const HEALTHY_MS = 60_000

/** A configuration for serving threads. */
export interface Deployment {
  readonly generation: number
  readonly configuration: SharedConfiguration
  readonly channels: ControlThread
  readonly threadCount: number
  readonly addresses: readonly { readonly wanted: SocketsWanted; readonly socketCount: number }[]
  /** The port of each address, by label; filled in when the first thread has opened its sockets. */
  readonly ports: Map<string, number>
}

/** What a pool needs of the runtime. */
export interface PoolOptions {
  /** The module that threads run. */
  readonly entry: URL
  readonly metrics: MetricRegistry
  readonly log: Logger
  readonly graceMs: number
  readonly fatal: (message: string) => void
  /** Runs something when no start, reload or stop is under way. */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>
}

/** The place of a serving thread: who has it, and what happened to those that had it before. */
class Place {
  link: ThreadLink | null = null
  serves = false
  startedMs = 0
  waitMs = FIRST_WAIT_MS
  timer: NodeJS.Timeout | null = null
}

/** The serving threads: starts them, takes them from one configuration to the next together, and replaces those that die. */
export class ThreadPool {
  readonly #options: PoolOptions
  readonly #places: Place[] = []
  #restarts: Slot | null = null
  #inForce: Deployment | null = null
  #candidate: Deployment | null = null
  #isStopping = false

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** Whether a configuration is in force and every thread that is to serve it does. */
  serves(generation: number): boolean {
    return this.#inForce?.generation === generation && this.allServe
  }

  /** Whether every thread that is to serve does. */
  get allServe(): boolean {
    return this.#places.every(place => place.serves)
  }

  /** The port of an address that threads listen on at present. */
  portOf(label: string): number | undefined {
    return this.#inForce?.ports.get(label)
  }

  /** The threads at present, for tests. */
  get threads(): readonly ThreadLink[] {
    return this.#places.flatMap(({ link }) => (link === null ? [] : [link]))
  }

  /** Starts the threads that a configuration needs and that are not there yet. `prepare` or `abort` has to follow. */
  start(deployment: Deployment): void {
    this.#restarts ??= restartCounter(this.#options.metrics)
    this.#candidate = deployment
    this.#linksFor(deployment)
  }

  /** Has all threads build a configuration and run its start hooks. When it rejects, `abort` has to follow. */
  async prepare(deployment: Deployment): Promise<void> {
    await all(this.#linksFor(deployment).map(link => prepare(link, deployment)))
  }

  /** Has all threads open their sockets. When it rejects, `abort` has to follow. */
  async open(): Promise<void> {
    const deployment = this.#candidate!
    const openAt = async (index: number): Promise<void> => {
      const link = this.#places[index]?.link
      if (link === null || link === undefined) throw new Error('a serving thread has ended')
      await open(link, index, deployment)
    }
    // The first finds out the ports that the system was left to choose.
    await openAt(0)
    await all(Array.from({ length: deployment.threadCount - 1 }, (_, index) => openAt(index + 1)))
  }

  /** Puts what was prepared in force; `null` to end all threads. */
  async commit(): Promise<void> {
    const deployment = this.#candidate
    this.#inForce = deployment
    this.#candidate = null
    const count = deployment?.threadCount ?? 0
    await Promise.all(
      this.#places.slice(0, count).map(async place => {
        if (place.link !== null) await this.#commit(place, place.link, deployment!)
      }),
    )
    await Promise.all(this.#places.splice(count).map(place => this.#stop(place)))
  }

  /** Has all threads drop what was prepared, and ends those that were started for it. */
  async abort(): Promise<void> {
    this.#candidate = null
    const count = this.#inForce?.threadCount ?? 0
    const surplus = this.#places.splice(count)
    await Promise.all([
      ...this.threads.map(link => link.request({ kind: 'abort' }, STEP_TIMEOUT_MS).catch(() => {})), // It died: all is gone.
      ...surplus.map(place => this.#stop(place)),
    ])
  }

  /** Ends all threads for good. Returns how many sockets did not close, and what hooks threw. */
  async stop(): Promise<{ unclosed: number; errors: Error[] }> {
    this.#isStopping = true
    const answers = await Promise.all(this.#places.splice(0).map(place => this.#stop(place)))
    this.#inForce = null
    return {
      unclosed: answers.reduce((sum, answer) => sum + answer.unclosed, 0),
      errors: answers.flatMap(answer => answer.errors.map(message => new Error(message))),
    }
  }

  /** Sends to all threads that have a configuration. */
  send(message: ChannelMessage): void {
    for (const link of this.threads) link.send(message)
  }

  /** The metrics of all threads. */
  snapshots(): Promise<RegistrySnapshot[]> {
    return Promise.all(this.threads.map(link => link.readMetrics(METRICS_TIMEOUT_MS)))
  }

  /** One thread for each place, started where there is none. */
  #linksFor({ threadCount }: Deployment): ThreadLink[] {
    while (this.#places.length < threadCount) this.#places.push(new Place())
    return this.#places.slice(0, threadCount).map((place, index) => {
      place.link ??= this.#start(place, index)
      return place.link
    })
  }

  #start(place: Place, index: number): ThreadLink {
    place.startedMs = performance.now()
    const link: ThreadLink = new ThreadLink(this.#options.entry, `serving-${index + 1}`, {
      received: message => this.#received(message),
      fatal: message => this.#options.fatal(message),
      died: reason => this.#died(place, link, reason),
    })
    return link
  }

  #received({ generation, id, data }: ChannelMessage): void {
    const deployment = [this.#inForce, this.#candidate].find(each => each?.generation === generation)
    deployment?.channels.receive(id, data)
  }

  async #commit(place: Place, link: ThreadLink, { generation }: Deployment): Promise<void> {
    try {
      await link.request({ kind: 'commit' }, this.#options.graceMs + STEP_TIMEOUT_MS)
      for (const each of link.generations) if (each !== generation) link.generations.delete(each)
      place.serves = true
    } catch (error) {
      // A thread that died is replaced; one that goes on without the configuration must be.
      this.#options.log.plain(`[ERROR] ${(error as Error).message}`)
      await link.terminate()
    }
  }

  async #stop(place: Place): Promise<{ unclosed: number; errors: readonly string[] }> {
    if (place.timer !== null) clearTimeout(place.timer)
    const { link } = place
    place.link = null
    if (link === null) return { unclosed: 0, errors: [] }
    const { graceMs, metrics } = this.#options
    const answer = await link.stop(graceMs, graceMs + SLACK_MS)
    metrics.absorb(link.metrics)
    // One that had to be ended by force closed nothing itself.
    return answer ?? { unclosed: 1, errors: [] }
  }

  #died(place: Place, link: ThreadLink, reason: string): void {
    this.#options.metrics.absorb(link.metrics)
    const isExpected = this.#isStopping || place.link !== link
    if (place.link === link) place.link = null
    place.serves = false
    if (isExpected) return
    this.#restarts?.inc()
    if (performance.now() - place.startedMs > HEALTHY_MS) place.waitMs = FIRST_WAIT_MS
    this.#options.log.plain(`[ERROR] A serving thread ended and is replaced in ${place.waitMs} ms: ${reason}`)
    this.#replaceLater(place)
  }

  #replaceLater(place: Place): void {
    const { waitMs } = place
    place.waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
    if (place.timer !== null) clearTimeout(place.timer)
    place.timer = setTimeout(() => void this.#options.inTurn(() => this.#replace(place)), waitMs)
  }

  async #replace(place: Place): Promise<void> {
    const deployment = this.#inForce
    const index = this.#places.indexOf(place)
    // Meanwhile the process may end, the place be given up, or a reload have filled it.
    if (this.#isStopping || deployment === null || index < 0 || place.link !== null) return
    const link = this.#start(place, index)
    place.link = link
    try {
      await prepare(link, deployment)
      await open(link, index, deployment)
      await this.#commit(place, link, deployment)
    } catch (error) {
      this.#options.log.plain(`[ERROR] A serving thread cannot be replaced: ${(error as Error).message}`)
      await link.terminate()
    }
  }
}

/** Is exported only where there are threads to restart. */
function restartCounter(metrics: MetricRegistry): Slot {
  const help = 'Serving threads that died and were replaced.'
  return metrics.counter({ name: 'nodens_thread_restarts_total', help }).labels()
}

async function prepare(link: ThreadLink, { generation, configuration, channels }: Deployment): Promise<void> {
  // From here on the thread is sent what goes through the channels, after what they hold now.
  const answer = link.request(
    { kind: 'prepare', generation, configuration, snapshots: channels.snapshots() },
    STEP_TIMEOUT_MS,
  )
  link.generations.add(generation)
  await answer
}

async function open(link: ThreadLink, index: number, deployment: Deployment): Promise<void> {
  const wanted = deployment.addresses
    .filter(({ socketCount }) => index < socketCount)
    .map(({ wanted }) => ({ ...wanted, port: deployment.ports.get(wanted.label) ?? wanted.port }))
  const { ports } = await link.request({ kind: 'open', wanted }, STEP_TIMEOUT_MS)
  for (const [label, port] of ports) deployment.ports.set(label, port)
}

/** Waits for all, then throws what the first that failed threw. */
async function all(steps: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(steps)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
