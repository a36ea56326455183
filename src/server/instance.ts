import type { TlsTermsSource } from '#lib/tls-terms.ts'
import { tlsTerms } from '#plugin/capability.ts'
import { Epochs } from '#plugin/epochs.ts'
import type { Chain, ChainScope, Surroundings } from '#server/chain.ts'
import { buildChain } from '#server/chain.ts'
import type { Plan } from '#server/check.ts'
import { HookList } from '#server/hooks.ts'
import type { ListenGroup } from '#server/listen-groups.ts'
import type { Service } from '#server/listeners.ts'
import { PacketCache } from '#server/packet-cache.ts'
import type { PlannedBlock } from '#server/plan.ts'
import type { Route } from '#server/router.ts'
import { Router } from '#server/router.ts'
import { Server } from '#server/server.ts'

/** Plugins that answer classes other than IN, as in CoreDNS. */
const OTHER_CLASS_PLUGINS = ['chaos', 'forward']

/** A server that waits for its sockets. */
export interface InstanceServer extends Service {
  readonly group: ListenGroup
  readonly server: Server
}

/** One configuration, built: its chains, its servers and its hooks. Replaced as a whole by a reload. */
export class Instance {
  readonly plan: Plan
  readonly servers: readonly InstanceServer[]
  readonly hooks: HookList = new HookList()
  readonly #epochs = new Epochs()
  readonly #surroundings: Surroundings
  readonly #listening = new Map<string, { address: string; port: number }>()

  constructor(plan: Plan, surroundings: Surroundings) {
    this.plan = plan
    this.#surroundings = surroundings
    const scope: ChainScope = {
      surroundings,
      hooks: this.hooks,
      epochs: this.#epochs,
      offersOfAllBlocks: [],
      listenAddress: block => this.#listenAddressOf(block),
    }
    const chains = new Map(plan.blocks.map((block, index) => [block, buildChain(block, index, scope)]))
    this.servers = plan.groups.map(group => ({
      group,
      server: this.#buildServer(group, chains),
      terms: termsOf(group, chains),
    }))
  }

  /** Notes where a server can be reached, for plugins that talk to it. */
  listens(group: ListenGroup, port: number): void {
    this.#listening.set(group.label, { address: group.address, port })
  }

  /** Settles once no query of this configuration waits, or after `graceMs` milliseconds. */
  async idle(graceMs: number): Promise<void> {
    await Promise.all(this.servers.map(({ server }) => server.idle(graceMs)))
  }

  #buildServer(group: ListenGroup, chains: ReadonlyMap<PlannedBlock, Chain>): Server {
    const routes: Route[] = group.members.map(({ key, block }) => ({
      zone: key.zone,
      handler: chains.get(block)!.handler,
      servesOtherClasses: block.plugins.some(({ definition }) => OTHER_CLASS_PLUGINS.includes(definition.name)),
      reuse: chains.get(block)!.reuse,
    }))
    const { clock, events, packetCache } = this.#surroundings
    const blocks = group.members.map(member => member.block)
    const isReused = packetCache && routes.some(route => route.reuse !== null)
    return new Server({
      label: group.label,
      scheme: group.scheme,
      router: new Router(routes),
      events: events(group.label, blocks),
      clock,
      packets: isReused ? new PacketCache(this.#epochs) : null,
    })
  }

  #listenAddressOf(block: PlannedBlock): { address: string; port: number } | null {
    const group = this.plan.groups.find(
      ({ scheme, members }) => scheme === 'dns' && members.some(member => member.block === block),
    )
    if (group === undefined) return null
    const listening = this.#listening.get(group.label)
    if (listening === undefined) throw new Error('the server block does not listen yet')
    return listening
  }
}

/** What an address for DNS over TLS shows and asks: its blocks all say the same. `null` for other addresses. */
function termsOf(group: ListenGroup, chains: ReadonlyMap<PlannedBlock, Chain>): TlsTermsSource | null {
  return group.scheme === 'tls' ? chains.get(group.members[0]!.block)!.offers.all(tlsTerms)[0]! : null
}
