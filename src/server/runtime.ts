import { hashCorefile } from '#corefile/hash.ts'
import type { Clock } from '#lib/clock.ts'
import { systemClock } from '#lib/clock.ts'
import { HttpEndpointServer } from '#net/http-endpoints.ts'
import type { Responder } from '#net/responder.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import type { ProcessControl } from '#plugin/env.ts'
import { enableDebugLines, pluginLogger } from '#plugin/log.ts'
import { MetricRegistry } from '#plugin/metrics.ts'
import type { Surroundings } from '#server/chain.ts'
import type { Plan } from '#server/check.ts'
import { planConfiguration } from '#server/check.ts'
import { eventRecorder } from '#server/events.ts'
import { Instance } from '#server/instance.ts'
import type { ListenGroup } from '#server/listen-groups.ts'
import type { Sockets } from '#server/listeners.ts'
import { openSockets } from '#server/listeners.ts'

/** How long queries under way may take when a configuration or the process ends, in milliseconds. */
const GRACE_MS = 5000

/** Where the configuration is read from, each time it is. */
export type Loader = () => { text: string; file: string } | Promise<{ text: string; file: string }>

/** What a runtime serves, and how it ends the process. */
export interface RuntimeOptions {
  readonly load: Loader
  readonly plugins: readonly AnyPlugin[]
  readonly defaultPort: number
  readonly clock?: Clock
  /** Where relative paths start; the process's own unless given. */
  readonly workingDirectory?: string
  /** Whether finished replies are kept to be sent again; yes unless the environment says `NODENS_PACKET_CACHE=off`. */
  readonly packetCache?: boolean
  /** Ends the process; what follows `[FATAL] ` is `message`. */
  readonly fatal: (message: string) => void
}

/** An address that is being listened on. */
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
  readonly #sockets = new Map<string, Sockets>()
  #instance: Instance | null = null
  /** Starts, reloads and the shutdown happen one after another. */
  #last: Promise<unknown> = Promise.resolve()
  #stopping = false

  constructor(options: RuntimeOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
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
    return (this.#instance?.servers ?? []).map(({ server }) => server)
  }

  async #stop(): Promise<number> {
    const instance = this.#instance
    this.#instance = null
    const errors = (await instance?.hooks.runAll('finalShutdown')) ?? []
    const closed = await Promise.allSettled([...this.#sockets.values()].map(sockets => sockets.close(GRACE_MS)))
    this.#sockets.clear()
    await instance?.idle(GRACE_MS)
    errors.push(...((await instance?.hooks.runAll('shutdown')) ?? []))
    for (const error of errors) this.#log.plain(`[ERROR] ${error.message}`)
    if (closed.some(result => result.status === 'rejected')) return 3
    return errors.length > 0 ? 4 : 0
  }

  async #replace(): Promise<void> {
    const old = this.#instance
    const instance = new Instance(await this.#plan(), this.#surroundings())
    const opened = new Map<string, Sockets>()
    try {
      await instance.hooks.run('startup')
      for (const { group, server } of instance.servers) {
        const kept = this.#sockets.get(group.label)
        const sockets = kept ?? (await openSockets(group, server))
        if (kept === undefined) opened.set(group.label, sockets)
        instance.listens(group, sockets.port)
      }
    } catch (error) {
      await Promise.all([...opened.values()].map(sockets => sockets.close(0)))
      await instance.hooks.runAll('shutdown')
      throw error
    }
    // From here on nothing can fail: the new configuration is in force.
    for (const { group, server } of instance.servers) this.#sockets.get(group.label)?.hand(server)
    for (const [label, sockets] of opened) this.#sockets.set(label, sockets)
    this.#instance = instance
    enableDebugLines(instance.plan.blocks.some(block => block.settings.debug))
    await this.#retire(old, instance)
    for (const error of await instance.hooks.runAll('serving')) this.#log.plain(`[ERROR] ${error.message}`)
  }

  async #retire(old: Instance | null, successor: Instance): Promise<void> {
    const kept = new Set(successor.servers.map(({ group }) => group.label))
    const abandoned = [...this.#sockets].filter(([label]) => !kept.has(label))
    for (const [label] of abandoned) this.#sockets.delete(label)
    await Promise.all(abandoned.map(([, sockets]) => sockets.close(GRACE_MS)))
    if (old === null) return
    await old.idle(GRACE_MS)
    for (const error of await old.hooks.runAll('shutdown')) this.#log.plain(`[ERROR] ${error.message}`)
  }

  async #plan(): Promise<Plan> {
    const { text, file } = await this.#options.load()
    const { plugins, defaultPort } = this.#options
    const warn = (warning: string) => this.#log.plain(`[WARNING] ${warning}`)
    return planConfiguration(text, file, { plugins, defaultPort, warn })
  }

  #surroundings(): Surroundings {
    return {
      clock: this.#clock,
      metrics: this.metrics,
      http: this.#http,
      control: this.#control(),
      workingDirectory: this.#options.workingDirectory ?? process.cwd(),
      packetCache: this.#options.packetCache ?? process.env['NODENS_PACKET_CACHE'] !== 'off',
      events: eventRecorder(this.metrics),
    }
  }

  #control(): ProcessControl {
    const runtime = this
    return {
      fatal: this.#options.fatal,
      get configurationHash() {
        return runtime.#instance === null ? '' : hashCorefile(runtime.#instance.plan.corefile)
      },
      readHash: async () => hashCorefile((await this.#plan()).corefile),
      reload: () => this.reload(),
    }
  }

  #listening(): Listening[] {
    const groups = this.#instance?.plan.groups ?? []
    return groups.map(group => ({ group, port: this.#sockets.get(group.label)!.port }))
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
