import type { MessagePort } from 'node:worker_threads'
import { parentPort } from 'node:worker_threads'
import { systemClock } from '#lib/clock.ts'
import type { HttpEndpoints } from '#lib/http.ts'
import { flushSync, sendLines } from '#lib/output.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import type { ProcessControl } from '#plugin/env.ts'
import type { Logger } from '#plugin/log.ts'
import { pluginLogger } from '#plugin/log.ts'
import { MetricRegistry } from '#plugin/metrics.ts'
import type { Surroundings } from '#server/chain.ts'
import { ServingThread } from '#server/channels.ts'
import type { Plan } from '#server/check.ts'
import { planConfiguration } from '#server/check.ts'
import { dropCounter } from '#server/drop-counter.ts'
import { countDroppedLines } from '#server/dropped-lines.ts'
import { eventRecorder } from '#server/events.ts'
import { Instance } from '#server/instance.ts'
import { keepServing } from '#server/keep-serving.ts'
import type { SocketsWanted } from '#server/listeners.ts'
import { recordedFiles } from '#server/recorded-files.ts'
import type { Candidate } from '#server/serving.ts'
import { Serving } from '#server/serving.ts'
import type {
  SharedConfiguration,
  ThreadAnswers,
  ThreadRequest,
  ToControlThread,
  ToServingThread,
} from '#server/thread-messages.ts'

/** How long queries under way may take when a configuration ends, in milliseconds. */
const GRACE_MS = 5000

/** Does what the control thread asks of this thread, until that ends it. */
export function serveInThread(plugins: readonly AnyPlugin[]): void {
  if (parentPort === null) throw new Error('this is no thread of a server')
  const port: MessagePort = parentPort
  const post = (message: ToControlThread): void => port.postMessage(message)
  let linesTaken: () => void = () => {}
  sendLines((text, taken) => {
    linesTaken = taken
    post({ kind: 'lines', text })
  })
  keepServing()
  const thread = new ThreadServer(plugins, post)
  port.on('message', (message: ToServingThread) => {
    if (message.kind === 'channel') thread.receive(message.generation, message.id, message.data)
    else if (message.kind === 'lines taken') linesTaken()
    else {
      const { number, request } = message
      thread.answer(request).then(
        answer => post({ kind: 'done', number, answer }),
        (error: unknown) => post({ kind: 'failed', number, message: String((error as Error).message ?? error) }),
      )
    }
  })
}

/** A configuration on its way, and what belongs to it. */
interface Prepared {
  readonly candidate: Candidate
  readonly generation: number
  readonly voice: Voice
}

/** One serving thread: the requests of the control thread, put into practice. */
class ThreadServer {
  readonly #plugins: readonly AnyPlugin[]
  readonly #post: (message: ToControlThread) => void
  readonly #metrics = new MetricRegistry()
  readonly #log = pluginLogger('server')
  readonly #serving = new Serving(error => this.#log.plain(`[ERROR] ${error.message}`), dropCounter(this.#metrics))
  /** By generation. */
  readonly #channels = new Map<number, ServingThread>()
  #prepared: Prepared | null = null

  constructor(plugins: readonly AnyPlugin[], post: (message: ToControlThread) => void) {
    this.#plugins = plugins
    this.#post = post
    countDroppedLines(this.#metrics)
  }

  /** Takes what a plugin of the control thread sends. */
  receive(generation: number, id: string, data: unknown): void {
    this.#channels.get(generation)?.receive(id, data)
  }

  async answer(request: ThreadRequest): Promise<ThreadAnswers[ThreadRequest['kind']]> {
    switch (request.kind) {
      case 'prepare':
        await this.#prepare(request.generation, request.configuration, request.snapshots)
        return null
      case 'open':
        return this.#open(request.wanted)
      case 'commit':
        await this.#commit()
        return null
      case 'abort':
        await this.#abort()
        return null
      case 'metrics':
        return this.#metrics.snapshot()
      case 'stop':
        return this.#stop(request.graceMs)
    }
  }

  /** Everything up to the start hooks happens at once, so that what the channels are sent next finds them there. */
  async #prepare(
    generation: number,
    configuration: SharedConfiguration,
    snapshots: ReadonlyMap<string, unknown>,
  ): Promise<void> {
    const channels = new ServingThread((id, data) => this.#post({ kind: 'channel', generation, id, data }))
    const voice = new Voice()
    const instance = new Instance(this.#plan(configuration), this.#surroundings(configuration, channels, voice))
    this.#channels.set(generation, channels)
    for (const [id, data] of snapshots) channels.receive(id, data)
    try {
      this.#prepared = { candidate: await this.#serving.begin(instance), generation, voice }
    } catch (error) {
      this.#channels.delete(generation)
      throw error
    }
  }

  async #open(wanted: readonly SocketsWanted[]): Promise<ThreadAnswers['open']> {
    const { candidate } = this.#prepared!
    await this.#serving.open(candidate, wanted)
    const sockets = wanted.map(({ label }) => candidate.opened.get(label) ?? this.#serving.socketsOf(label)!)
    return { ports: new Map(wanted.map(({ label }, index) => [label, sockets[index]!.port])) }
  }

  async #commit(): Promise<void> {
    const { candidate, generation, voice } = this.#prepared!
    this.#prepared = null
    voice.isHeard = true
    await this.#serving.commit(candidate, GRACE_MS)
    for (const each of this.#channels.keys()) if (each !== generation) this.#channels.delete(each)
    await this.#serving.serves()
  }

  async #abort(): Promise<void> {
    if (this.#prepared === null) return
    const { candidate, generation } = this.#prepared
    this.#prepared = null
    this.#channels.delete(generation)
    await this.#serving.abort(candidate)
  }

  async #stop(graceMs: number): Promise<ThreadAnswers['stop']> {
    await this.#abort()
    const { unclosed, errors } = await this.#serving.stop(graceMs)
    flushSync()
    return { unclosed, errors: errors.map(error => error.message), metrics: this.#metrics.snapshot() }
  }

  #plan({ text, file, files, defaultPort }: SharedConfiguration): Plan {
    return planConfiguration(text, file, { plugins: this.#plugins, defaultPort, files: recordedFiles(files) })
  }

  #surroundings(configuration: SharedConfiguration, threads: ServingThread, voice: Voice): Surroundings {
    return {
      clock: systemClock,
      metrics: this.#metrics,
      http: NO_ENDPOINTS,
      control: this.#control(),
      threads,
      logger: plugin => voice.logger(plugin),
      workingDirectory: configuration.workingDirectory,
      packetCache: configuration.packetCache,
      events: eventRecorder(this.#metrics),
    }
  }

  #control(): ProcessControl {
    const elsewhere = () => Promise.reject(new Error('configurations are replaced by the control thread'))
    return {
      fatal: message => this.#post({ kind: 'fatal', message }),
      configurationHash: '',
      readHash: elsewhere,
      reload: elsewhere,
    }
  }
}

/** Paths over HTTP are answered by the control thread, where the same plugins claim them. */
const NO_ENDPOINTS: HttpEndpoints = {
  claim: async address => ({ address, release: async () => {} }),
}

/** Whether the lines of a configuration are written: until it serves, the control thread has said the same already. */
class Voice {
  isHeard = false

  logger(plugin: string): Logger {
    const logger = pluginLogger(plugin)
    const heard =
      (write: (message: string) => void) =>
      (message: string): void => {
        if (this.isHeard) write(message)
      }
    return {
      debug: heard(logger.debug),
      info: heard(logger.info),
      warning: heard(logger.warning),
      error: heard(logger.error),
      plain: heard(logger.plain),
    }
  }
}
