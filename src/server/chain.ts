import { resolve } from 'node:path'
import type { Clock } from '#lib/clock.ts'
import type { HttpEndpoints } from '#lib/http.ts'
import { Capabilities } from '#plugin/capability.ts'
import type { PluginEnv, ProcessControl } from '#plugin/env.ts'
import type { Epochs } from '#plugin/epochs.ts'
import type { Handler } from '#plugin/handler.ts'
import { noNextPlugin } from '#plugin/handler.ts'
import type { Logger } from '#plugin/log.ts'
import type { MetricRegistry } from '#plugin/metrics.ts'
import type { ReplyObserver, Reuse } from '#plugin/reuse.ts'
import { DependsOn, untilChanged } from '#plugin/reuse.ts'
import type { Threads, ThreadsOfInstance } from '#plugin/threads.ts'
import type { HookList, Phase } from '#server/hooks.ts'
import type { BlockReuse } from '#server/packet-cache.ts'
import type { PlannedBlock } from '#server/plan.ts'
import type { ServerEvents } from '#server/server.ts'

/** What the process lends to every configuration it runs. */
export interface Surroundings {
  readonly clock: Clock
  readonly metrics: MetricRegistry
  readonly http: HttpEndpoints
  readonly control: ProcessControl
  readonly threads: ThreadsOfInstance
  /** The logger of a plugin. */
  logger(plugin: string): Logger
  /** Where relative paths start, absolute. */
  readonly workingDirectory: string
  /** Whether finished replies are kept to be sent again. */
  readonly packetCache: boolean
  /** The events of the server with this label; `blocks` says how the panics of it are to be treated. */
  events(label: string, blocks: readonly PlannedBlock[]): ServerEvents
}

/** What the chains of one configuration share. */
export interface ChainScope {
  readonly surroundings: Surroundings
  readonly hooks: HookList
  readonly epochs: Epochs
  /** What the plugins of each block offer; every chain adds its own. */
  readonly offersOfAllBlocks: Capabilities[]
  /** Where the block's first server over UDP and TCP listens; `null` when there is none. Throws before it listens. */
  listenAddress(block: PlannedBlock): { address: string; port: number } | null
}

/** A server block's plugins, built. */
export interface Chain {
  /** `null` when none of the block's plugins answers queries. */
  readonly handler: Handler | null
  /** How its replies are reused; `null` when a plugin looks at more than the question. */
  readonly reuse: BlockReuse | null
  /** What its plugins offer. */
  readonly offers: Capabilities
}

/** Builds the plugins of a block from the innermost outward. */
export function buildChain(block: PlannedBlock, blockIndex: number, scope: ChainScope): Chain {
  const shared = new SharedByChain(scope.epochs)
  scope.offersOfAllBlocks.push(shared.offers)
  let next: Handler | null = null
  let dependsOn: DependsOn = DependsOn.QUESTION
  for (const [index, { definition, options }] of [...block.plugins.entries()].reverse()) {
    const env = makeEnv(block, definition.name, index * 10_000 + blockIndex, scope, shared)
    const handler: Handler | null = definition.build?.(options, next ?? noNextPlugin(definition.name), env) ?? null
    if (handler === null) continue
    next = handler
    dependsOn = Math.max(dependsOn, definition.dependsOn?.(options) ?? DependsOn.MORE) as DependsOn
  }
  const observers = shared.observers.reverse()
  const reuse = dependsOn === DependsOn.MORE ? null : { shuffles: dependsOn === DependsOn.ORDER, observers }
  return { handler: next, reuse, offers: shared.offers }
}

/** What the plugins of one block have in common. */
class SharedByChain {
  readonly offers: Capabilities = new Capabilities()
  readonly observers: ReplyObserver[] = []
  readonly epoch: number
  readonly untilDataChanges: Reuse

  constructor(epochs: Epochs) {
    this.epoch = epochs.open()
    this.untilDataChanges = untilChanged(epochs, this.epoch)
  }
}

/** The threads as one plugin sees them: its channels are numbered in the order in which it asks for them. */
function threadsFor(plugin: string, threads: ThreadsOfInstance): Threads {
  let channels = 0
  return {
    isControl: threads.isControl,
    serves: threads.serves,
    get allServe() {
      return threads.allServe
    },
    channel: ends => threads.channel(`${plugin} ${channels++}`, ends),
  }
}

function makeEnv(
  block: PlannedBlock,
  name: string,
  order: number,
  scope: ChainScope,
  shared: SharedByChain,
): PluginEnv {
  const { surroundings, hooks } = scope
  const on = (phase: Phase) => (run: () => void | Promise<void>) => hooks.add(phase, order, name, run)
  const { workingDirectory } = surroundings
  const { settings } = block
  return {
    name,
    block: settings,
    log: surroundings.logger(name),
    metrics: surroundings.metrics,
    clock: surroundings.clock,
    control: surroundings.control,
    http: surroundings.http,
    threads: threadsFor(`${name} ${order}`, surroundings.threads),
    onStartup: on('startup'),
    onServing: on('serving'),
    onFinalShutdown: on('finalShutdown'),
    onShutdown: on('shutdown'),
    listenAddress: () => scope.listenAddress(block),
    // `settings.root` is read when a path is resolved: plugin root has configured it by then.
    resolvePath: path => resolve(workingDirectory, settings.root, path),
    resolveBesideCorefile: path =>
      settings.root === '' ? resolve(settings.corefileDirectory, path) : resolve(workingDirectory, settings.root, path),
    epochs: scope.epochs,
    untilDataChanges: shared.untilDataChanges,
    dataChanged: () => scope.epochs.advance(shared.epoch),
    observe: observer => void shared.observers.push(observer),
    provide: (capability, value) => shared.offers.provide(capability, value),
    offers: capability => shared.offers.all(capability),
    offersOfAllBlocks: capability => scope.offersOfAllBlocks.flatMap(each => [...each.all(capability)]),
  }
}
