import { resolve } from 'node:path'
import type { Clock } from '#lib/clock.ts'
import type { HttpEndpoints } from '#lib/http.ts'
import { Capabilities } from '#plugin/capability.ts'
import type { PluginEnv, ProcessControl } from '#plugin/env.ts'
import type { Handler } from '#plugin/handler.ts'
import { noNextPlugin } from '#plugin/handler.ts'
import { pluginLogger } from '#plugin/log.ts'
import type { MetricRegistry } from '#plugin/metrics.ts'
import { failure } from '#plugin/reply.ts'
import type { Plan } from '#server/check.ts'
import type { Phase } from '#server/hooks.ts'
import { HookList } from '#server/hooks.ts'
import type { ListenGroup } from '#server/listen-groups.ts'
import type { PlannedBlock, PlannedPlugin } from '#server/plan.ts'
import type { Route } from '#server/router.ts'
import { Router } from '#server/router.ts'
import type { ServerEvents } from '#server/server.ts'
import { Server } from '#server/server.ts'
import { Rcode } from '#wire/constants.ts'

/** Plugins that answer classes other than IN, as in CoreDNS. */
const OTHER_CLASS_PLUGINS = ['chaos', 'forward']

/** What the process lends to every configuration it runs. */
export interface Surroundings {
  readonly clock: Clock
  readonly metrics: MetricRegistry
  readonly http: HttpEndpoints
  readonly control: ProcessControl
  /** Where relative paths start, absolute. */
  readonly workingDirectory: string
  /** The events of the server with this label; `blocks` says how the panics of it are to be treated. */
  events(label: string, blocks: readonly PlannedBlock[]): ServerEvents
}

/** A server that waits for its sockets. */
export interface InstanceServer {
  readonly group: ListenGroup
  readonly server: Server
}

/** One configuration, built: its chains, its servers and its hooks. Replaced as a whole by a reload. */
export class Instance {
  readonly plan: Plan
  readonly servers: readonly InstanceServer[]
  readonly hooks: HookList = new HookList()
  readonly #surroundings: Surroundings
  readonly #listening = new Map<string, { address: string; port: number }>()
  readonly #allOffers: Capabilities[] = []

  constructor(plan: Plan, surroundings: Surroundings) {
    this.plan = plan
    this.#surroundings = surroundings
    const chains = new Map(plan.blocks.map((block, index) => [block, this.#buildChain(block, index)]))
    this.servers = plan.groups.map(group => ({ group, server: this.#buildServer(group, chains) }))
  }

  /** Notes where a server can be reached, for plugins that talk to it. */
  listens(group: ListenGroup, port: number): void {
    this.#listening.set(group.label, { address: group.address, port })
  }

  /** Settles once no query of this configuration waits, or after `graceMs` milliseconds. */
  async idle(graceMs: number): Promise<void> {
    await Promise.all(this.servers.map(({ server }) => server.idle(graceMs)))
  }

  #buildServer(group: ListenGroup, chains: ReadonlyMap<PlannedBlock, Handler>): Server {
    const routes: Route[] = group.members.map(({ key, block }) => ({
      zone: key.zone,
      handler: chains.get(block)!,
      servesOtherClasses: block.plugins.some(({ definition }) => OTHER_CLASS_PLUGINS.includes(definition.name)),
    }))
    const blocks = group.members.map(member => member.block)
    const events = this.#surroundings.events(group.label, blocks)
    return new Server(group.label, group.scheme, new Router(routes), events, this.#surroundings.clock)
  }

  #buildChain(block: PlannedBlock, blockIndex: number): Handler {
    const offers = new Capabilities()
    this.#allOffers.push(offers)
    let next: Handler | null = null
    for (const [index, planned] of [...block.plugins.entries()].reverse()) {
      const env = this.#env(block, planned, index * 10_000 + blockIndex, offers)
      const handler: Handler | null | undefined = planned.definition.build?.(
        planned.options,
        next ?? noNextPlugin(planned.definition.name),
        env,
      )
      next = handler ?? next
    }
    const refused = failure(Rcode.REFUSED)
    return next ?? (() => refused)
  }

  #env(block: PlannedBlock, planned: PlannedPlugin, order: number, offers: Capabilities): PluginEnv {
    const name = planned.definition.name
    const { hooks } = this
    const on = (phase: Phase) => (run: () => void | Promise<void>) => hooks.add(phase, order, name, run)
    const surroundings = this.#surroundings
    return {
      name,
      block: block.settings,
      log: pluginLogger(name),
      metrics: surroundings.metrics,
      clock: surroundings.clock,
      control: surroundings.control,
      http: surroundings.http,
      onStartup: on('startup'),
      onServing: on('serving'),
      onFinalShutdown: on('finalShutdown'),
      onShutdown: on('shutdown'),
      listenAddress: () => this.#listenAddressOf(block),
      resolvePath: path => resolve(surroundings.workingDirectory, block.settings.root, path),
      resolveBesideCorefile: path =>
        block.settings.root === ''
          ? resolve(block.settings.corefileDirectory, path)
          : resolve(surroundings.workingDirectory, block.settings.root, path),
      provide: (capability, value) => offers.provide(capability, value),
      offers: capability => offers.all(capability),
      offersOfAllBlocks: capability => this.#allOffers.flatMap(each => [...each.all(capability)]),
    }
  }

  #listenAddressOf(block: PlannedBlock): { address: string; port: number } {
    const group = this.plan.groups.find(candidate => candidate.members.some(member => member.block === block))
    const listening = group === undefined ? undefined : this.#listening.get(group.label)
    if (listening === undefined) throw new Error('the server block does not listen yet')
    return listening
  }
}
