import type { BenchService } from '#test/bench/peers/cluster.ts'
import type { QuerySetName } from '#test/bench/peers/query-sets.ts'

/** `nodens` is what is measured, a `variant` is Nodens otherwise configured, a `ceiling` answers without thinking. */
export type ContenderKind = 'nodens' | 'variant' | 'peer' | 'ceiling'

/** A server that takes part. */
export interface Contender {
  readonly name: string
  readonly kind: ContenderKind
  /** What is looked for on the PATH; without it the contender is left out. */
  readonly program: string
  /** How the program is asked for its version; `null` for what is part of this repository. */
  readonly versionArguments: readonly string[] | null
  /** What it can be asked; the other sets are left out of its results. */
  readonly sets: readonly QuerySetName[]
  readonly transport: 'udp' | 'tcp'
  /** What a reader of the table has to know. */
  readonly note: string
  /** Writes its configuration and says how to start it. */
  launch(site: Site): Promise<Launch>
}

/** Where a server runs and what it serves. */
export interface Site {
  /** A directory of its own. */
  readonly directory: string
  /** The port to listen on at 127.0.0.1. */
  readonly port: number
  readonly threads: number
  /** The port at 127.0.0.1 of a resolver for the names outside of the cluster. */
  readonly upstreamPort: number
  /** The URL of an API server that has the cluster. */
  readonly apiServer: string
  /** The program of Nodens: src/main.ts, or the compiled one. */
  readonly main: string
  readonly services: readonly BenchService[]
  /** Services whose SRV records are asked for. */
  readonly servicesWithPort: readonly BenchService[]
}

/** A command line. */
export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Another server that this one asks, started before it and left out of the figures. */
  readonly backend?: Launch
}

/** All sets, for servers that cache what they forward. */
export const ALL_SETS: readonly QuerySetName[] = ['cluster', 'external', 'mix']
