import type { RegistrySnapshot } from '#plugin/metric-snapshot.ts'
import type { SocketsWanted } from '#server/listeners.ts'
import type { FileRecord } from '#server/recorded-files.ts'

/** A configuration as the control thread has read it: every thread plans the very same from it. Plain data. */
export interface SharedConfiguration {
  readonly text: string
  readonly file: string
  readonly files: FileRecord
  readonly defaultPort: number
  /** Where relative paths start, absolute. */
  readonly workingDirectory: string
  readonly packetCache: boolean
}

/** What plugins of one configuration send each other, by channel. */
export interface ChannelMessage {
  readonly kind: 'channel'
  /** Which configuration: they are numbered as they come. */
  readonly generation: number
  readonly id: string
  readonly data: unknown
}

/** What the control thread asks of a serving thread, which answers each with a `done` or `failed` of the same number. */
export type ThreadRequest =
  /** Build the configuration and run its start hooks. */
  | {
      readonly kind: 'prepare'
      readonly generation: number
      readonly configuration: SharedConfiguration
      /** What each channel is to receive first. */
      readonly snapshots: ReadonlyMap<string, unknown>
    }
  /** Open the sockets of the prepared configuration; the answer holds the port of each. */
  | { readonly kind: 'open'; readonly wanted: readonly SocketsWanted[] }
  /** Have the prepared configuration answer, and end the one before it. */
  | { readonly kind: 'commit' }
  /** Drop the prepared configuration, if there is one. */
  | { readonly kind: 'abort' }
  /** Tell the metrics. */
  | { readonly kind: 'metrics' }
  /** End: close sockets, wait for queries under way, run the shutdown hooks. */
  | { readonly kind: 'stop'; readonly graceMs: number }

/** What is answered to each request. */
export interface ThreadAnswers {
  readonly prepare: null
  readonly open: { readonly ports: ReadonlyMap<string, number> }
  readonly commit: null
  readonly abort: null
  readonly metrics: RegistrySnapshot
  readonly stop: { readonly unclosed: number; readonly errors: readonly string[]; readonly metrics: RegistrySnapshot }
}

/** All that the control thread sends. */
export type ToServingThread =
  | { readonly kind: 'request'; readonly number: number; readonly request: ThreadRequest }
  | ChannelMessage
  /** The lines sent last have been taken: more may come. */
  | { readonly kind: 'lines taken' }

/** All that a serving thread sends. */
export type ToControlThread =
  | { readonly kind: 'done'; readonly number: number; readonly answer: ThreadAnswers[keyof ThreadAnswers] }
  | { readonly kind: 'failed'; readonly number: number; readonly message: string }
  | ChannelMessage
  /** Whole lines for standard output. */
  | { readonly kind: 'lines'; readonly text: string }
  /** A plugin wants the process to end. */
  | { readonly kind: 'fatal'; readonly message: string }
