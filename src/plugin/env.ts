import type { Clock } from '#lib/clock.ts'
import type { HttpEndpoints } from '#lib/http.ts'
import type { ClientAuth } from '#lib/tls-terms.ts'
import type { Capability } from '#plugin/capability.ts'
import type { Epochs } from '#plugin/epochs.ts'
import type { Logger } from '#plugin/log.ts'
import type { MetricRegistry } from '#plugin/metrics.ts'
import type { ReplyObserver, Reuse } from '#plugin/reuse.ts'
import type { Threads } from '#plugin/threads.ts'
import type { FoldedName } from '#wire/name.ts'

/** What the TLS listeners of a server block use; paths are as they are written. */
export interface TlsSettings {
  readonly certificatePath: string
  readonly keyPath: string
  /** `null` for the public authorities. */
  readonly authoritiesPath: string | null
  readonly clientAuth: ClientAuth
  /** Where secrets of sessions are written to; `null` for nowhere. */
  readonly keyLogPath: string | null
}

/** A server block while its plugins are built. `configure` may change what is not readonly. */
export interface BlockSettings {
  /** The zones that the block serves, reverse zones of its CIDR keys included, in the order of its keys. */
  readonly zones: readonly FoldedName[]
  /** The block's keys as normalised text, `dns://example.org.:53`. */
  readonly keys: readonly string[]
  /** The file and line of the first key, for messages. */
  readonly position: string
  /** Directory of the Corefile, absolute. */
  readonly corefileDirectory: string
  /** Names of all plugins in the block, in the order of the chain. */
  readonly plugins: readonly string[]
  /** Base directory of relative file arguments (plugin root); empty when not set. */
  root: string
  /** Addresses to listen on (plugin bind); empty is the wildcard. */
  listenAddresses: readonly string[] | null
  /** Sockets on each listen address, each served by a thread of its own when there are several (plugin multisocket). */
  socketCount: number
  /** What its keys with `tls://` are served with (plugin tls). */
  tls: TlsSettings | null
  /** Whether panics are let through and debug lines are printed (plugin debug). */
  debug: boolean
  /** Whether the line of a recovered panic carries its stack (plugin errors, `stacktrace`). */
  stacktrace: boolean
}

/** When a hook runs; see docs/architecture.md, "Life of a configuration". */
export interface Hooks {
  /** Before the block's listeners take queries. A failure stops the start, or leaves the old configuration in force. */
  onStartup(hook: () => void | Promise<void>): void
  /** After the listeners take queries. */
  onServing(hook: () => void | Promise<void>): void
  /** When the process ends, before the listeners close: queries are still served. */
  onFinalShutdown(hook: () => void | Promise<void>): void
  /** When this configuration is over, by reload or by the end of the process. Must give everything back. */
  onShutdown(hook: () => void | Promise<void>): void
}

/** What the running process offers to the plugins that steer it. */
export interface ProcessControl {
  /** Ends the process with `[FATAL] ` and this message, exit code 1. */
  fatal(message: string): void
  /** SHA-512 over the parsed tokens of the running configuration, in hex. */
  readonly configurationHash: string
  /** Reads the Corefile again; its hash, or throws what is wrong with it. */
  readHash(): Promise<string>
  /** Replaces the running configuration. Rejects, with the old one in force, if the new one cannot be started. */
  reload(): Promise<void>
}

/** What a plugin is given when it is built. */
export interface PluginEnv extends Hooks {
  /** The plugin's own name. */
  readonly name: string
  readonly block: Readonly<BlockSettings>
  readonly log: Logger
  readonly metrics: MetricRegistry
  readonly clock: Clock
  readonly control: ProcessControl
  readonly http: HttpEndpoints
  readonly threads: Threads
  /** Where the first of the block's servers over UDP and TCP listens, once it does; `null` when there is none. */
  listenAddress(): { address: string; port: number } | null
  /** Makes a relative path absolute: below `root`, else below the working directory. */
  resolvePath(path: string): string
  /** Makes a relative path absolute: below `root`, else beside the Corefile; for options that CoreDNS does not have. */
  resolveBesideCorefile(path: string): string
  /** Numbers for what the reuse of replies depends on. */
  readonly epochs: Epochs
  /** The reuse of replies that are good until some plugin of the block calls `dataChanged`. */
  readonly untilDataChanges: Reuse
  /** Says that data has changed which this plugin answers from, or by which it passes queries on. */
  dataChanged(): void
  /** Has `observer` prepare for replies that are sent again without the handler being asked. */
  observe(observer: ReplyObserver): void
  /** Offers something to the other plugins of the block. */
  provide<T>(capability: Capability<T>, value: T): void
  /** What the plugins of this block offer; complete once the block is built. */
  offers<T>(capability: Capability<T>): readonly T[]
  /** What the plugins of all blocks of this configuration offer. */
  offersOfAllBlocks<T>(capability: Capability<T>): readonly T[]
}
