import { diskFiles } from '#corefile/files.ts'
import { hashCorefile } from '#corefile/hash.ts'
import type { Clock } from '#lib/clock.ts'
import { systemClock } from '#lib/clock.ts'
import { canShareAddresses } from '#net/can-share.ts'
import { HttpEndpointServer } from '#net/http-endpoints.ts'
import type { Responder } from '#net/responder.ts'
import { udpTransportText } from '#net/udp.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import type { ProcessControl } from '#plugin/env.ts'
import { pluginLogger } from '#plugin/log.ts'
import { MetricRegistry } from '#plugin/metrics.ts'
import { SINGLE_THREAD } from '#plugin/threads.ts'
import type { Surroundings } from '#server/chain.ts'
import { ControlThread } from '#server/channels.ts'
import type { Plan } from '#server/check.ts'
import { planConfiguration } from '#server/check.ts'
import { dropCounter } from '#server/drop-counter.ts'
import { countDroppedLines } from '#server/dropped-lines.ts'
import { eventRecorder } from '#server/events.ts'
import { Instance } from '#server/instance.ts'
import type { ListenGroup } from '#server/listen-groups.ts'
import { servingThreadCount, socketCountOf } from '#server/listen-groups.ts'
import type { SocketsWanted } from '#server/listeners.ts'
import { recordFiles } from '#server/recorded-files.ts'
import type { Candidate } from '#server/serving.ts'
import { Serving } from '#server/serving.ts'
import type { ThreadLink } from '#server/thread-link.ts'
import type { SharedConfiguration } from '#server/thread-messages.ts'
import type { Deployment } from '#server/thread-pool.ts'
import { ThreadPool } from '#server/thread-pool.ts'

/** How long queries under way may take when a configuration or the process ends, in milliseconds. */
const GRACE_MS = 5000

/** Where the configuration is read from, each time it is. */
export type Loader = () => { text: string; file: string } | Promise<{ text: string; file: string }>

/** What a runtime serves, and how it ends the process. */
export interface RuntimeOptions {
  readonly load: Loader
  readonly plugins: readonly AnyPlugin[]
  /** The module that serving threads run; it has to have the same plugins. */
  readonly threadEntry: URL
  readonly defaultPort: number
  readonly clock?: Clock
  /** Where relative paths start; the process's own unless given. */
  readonly workingDirectory?: string
  /** Whether finished replies are kept to be sent again; yes unless the environment says `NODENS_PACKET_CACHE=off`. */
  readonly packetCache?: boolean
  /** Ends the process; what follows `[FATAL] ` is `message`. */
  readonly fatal: (message: string) => void
}

/** A socket that is being listened on. */
export interface Listening {
  readonly group: ListenGroup
  readonly port: number
}

/** The running server: one configuration in force, its sockets, and the way from one configuration to the next. */
export class Runtime {
  readonly metrics: MetricRegistry = new MetricRegistry()
  readonly #options: RuntimeOptions
  readonly #clock: Clock
  readonly #http = new HttpEndpointServer()
  readonly #log = pluginLogger('server')
  readonly #serving = new Serving(error => this.#report(error), dropCounter(this.metrics))
  readonly #pool: ThreadPool
  #generation = 0
  /** Starts, reloads and the shutdown happen one after another. */
  #last: Promise<unknown> = Promise.resolve()
  #stopping = false

  constructor(options: RuntimeOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#pool = new ThreadPool({
      entry: options.threadEntry,
      metrics: this.metrics,
      log: this.#log,
      graceMs: GRACE_MS,
      fatal: options.fatal,
      inTurn: work => this.#inTurn(work),
    })
    this.metrics.addFrom(() => this.#pool.snapshots())
    countDroppedLines(this.metrics)
  }

  /** Reads the configuration and serves it. Rejects with everything closed if that cannot be done. */
  start(): Promise<Listening[]> {
    return this.#inTurn(async () => {
      await this.#replace()
      return this.#listening()
    })
  }

  /**
   * Replaces the configuration: the new one is built and started beside the old, takes over the sockets that both use,
   * and only then the old one ends. Rejects with the old one untouched if the new one cannot be started.
   */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#stopping) return
      this.#log.plain('[INFO] Reloading')
      try {
        await this.#replace()
      } catch (error) {
        this.#log.plain(`[ERROR] Restart failed: ${message(error)}`)
        throw error
      }
      this.#log.plain('[INFO] Reloading complete')
    })
  }

  /**
   * Ends serving: hooks that run while queries are still answered (lameduck), then the sockets, then what the plugins
   * hold. Returns the exit code: 0, 3 when sockets did not close, 4 when a hook failed.
   */
  stop(): Promise<number> {
    this.#stopping = true
    return this.#inTurn(() => this.#stop())
  }

  /** What answers on each listen address of the configuration in force. */
  responders(): Responder[] {
    return (this.#serving.instance?.servers ?? []).map(({ server }) => server)
  }

  /** Which UDP transport its sockets have, and why if it is the portable one. */
  get udpTransport(): string {
    return udpTransportText()
  }

  /** Whether all serving threads that there should be serve. */
  get allServe(): boolean {
    return this.#pool.allServe
  }

  /** The serving threads, for tests. */
  get threads(): readonly ThreadLink[] {
    return this.#pool.threads
  }

  async #stop(): Promise<number> {
    const errors = (await this.#serving.instance?.hooks.runAll('finalShutdown')) ?? []
    const threads = await this.#pool.stop()
    const { unclosed, errors: shutdownErrors } = await this.#serving.stop(GRACE_MS)
    errors.push(...threads.errors, ...shutdownErrors)
    for (const error of errors) this.#report(error)
    if (unclosed + threads.unclosed > 0) return 3
    return errors.length > 0 ? 4 : 0
  }

  async #replace(): Promise<void> {
    const { plan, configuration } = await this.#read()
    const threadCount = servingThreadCount(plan.groups)
    const deployment = threadCount === 0 ? null : this.#deployment(plan, configuration, threadCount)
    const instance = new Instance(plan, this.#surroundings(configuration, deployment?.channels ?? null))
    if (deployment !== null && !canShareAddresses()) {
      throw new Error(`multisocket needs Node 22.12, 23.1 or newer; this is ${process.version}`)
    }
    // They take a while to get going, and the start hooks do as well.
    if (deployment !== null) this.#pool.start(deployment)
    const candidate = await this.#serving.begin(instance).catch(async (error: unknown) => {
      await this.#pool.abort()
      throw error
    })
    let ports: ReadonlyMap<string, number>
    try {
      ports = await (deployment === null ? this.#openHere(candidate) : this.#openInThreads(deployment))
    } catch (error) {
      await this.#pool.abort()
      await this.#serving.abort(candidate)
      throw error
    }
    // From here on nothing can fail: the new configuration is in force.
    for (const { group } of instance.servers) instance.listens(group, ports.get(group.label)!)
    await Promise.all([this.#pool.commit(), this.#serving.commit(candidate, GRACE_MS)])
    await this.#serving.serves()
  }

  /** Opens all addresses in this thread; serving threads may be listening on them until the configuration is in force. */
  async #openHere(candidate: Candidate): Promise<ReadonlyMap<string, number>> {
    const { groups } = candidate.instance.plan
    const wanted = groups.map(group => {
      const held = this.#pool.portOf(group.label)
      return wantedFor(group, held ?? group.port, held !== undefined)
    })
    await this.#serving.open(candidate, wanted)
    const sockets = (label: string) => candidate.opened.get(label) ?? this.#serving.socketsOf(label)!
    return new Map(groups.map(({ label }) => [label, sockets(label).port]))
  }

  /** Has threads open all addresses; this thread may be listening on them until the configuration is in force. */
  async #openInThreads(deployment: Deployment): Promise<ReadonlyMap<string, number>> {
    await this.#pool.prepare(deployment)
    for (const { wanted } of deployment.addresses) this.#serving.allowSharing(wanted.label)
    await this.#pool.open()
    return deployment.ports
  }

  #deployment(plan: Plan, configuration: SharedConfiguration, threadCount: number): Deployment {
    const generation = ++this.#generation
    const channels = new ControlThread(
      (id, data) => this.#pool.send({ kind: 'channel', generation, id, data }),
      () => this.#pool.serves(generation),
    )
    const addresses = plan.groups.map(group => {
      const { label } = group
      const port = this.#serving.socketsOf(label)?.port ?? this.#pool.portOf(label) ?? group.port
      // Even one socket is shared for a moment, when a reload moves the address from one thread to another.
      return { wanted: wantedFor(group, port, true), socketCount: socketCountOf(group) }
    })
    return { generation, configuration, channels, threadCount, addresses, ports: new Map() }
  }

  async #read(): Promise<{ plan: Plan; configuration: SharedConfiguration }> {
    const { text, file } = await this.#options.load()
    const { plugins, defaultPort, packetCache, workingDirectory } = this.#options
    const warn = (warning: string) => this.#log.plain(`[WARNING] ${warning}`)
    const { files, record } = recordFiles(diskFiles)
    const plan = planConfiguration(text, file, { plugins, defaultPort, warn, files })
    const configuration = {
      text,
      file,
      files: record,
      defaultPort,
      workingDirectory: workingDirectory ?? process.cwd(),
      packetCache: packetCache ?? process.env['NODENS_PACKET_CACHE'] !== 'off',
    }
    return { plan, configuration }
  }

  #surroundings(configuration: SharedConfiguration, threads: ControlThread | null): Surroundings {
    return {
      clock: this.#clock,
      metrics: this.metrics,
      http: this.#http,
      control: this.#control(),
      threads: threads ?? SINGLE_THREAD,
      logger: pluginLogger,
      workingDirectory: configuration.workingDirectory,
      packetCache: configuration.packetCache && threads === null,
      events: eventRecorder(this.metrics),
    }
  }

  #control(): ProcessControl {
    const runtime = this
    return {
      fatal: this.#options.fatal,
      get configurationHash() {
        const instance = runtime.#serving.instance
        return instance === null ? '' : hashCorefile(instance.plan.corefile)
      },
      readHash: async () => hashCorefile((await this.#read()).plan.corefile),
      reload: () => this.reload(),
    }
  }

  /** One entry for each socket. */
  #listening(): Listening[] {
    const groups = this.#serving.instance?.plan.groups ?? []
    return groups.flatMap(group => {
      const port = this.#serving.socketsOf(group.label)?.port ?? this.#pool.portOf(group.label)!
      return Array.from({ length: socketCountOf(group) }, () => ({ group, port }))
    })
  }

  #report(error: Error): void {
    this.#log.plain(`[ERROR] ${error.message}`)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work)
    this.#last = turn.catch(() => {})
    return turn
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function wantedFor({ label, address }: ListenGroup, port: number, reusePort: boolean): SocketsWanted {
  return { label, address, port, reusePort }
}
