import type { Handler } from '#plugin/handler.ts'

/** The server (one listen address) that a query came in on, as plugins see it. */
export interface ServerContext {
  /** `<scheme>://[<address>]:<port>`, the `server` label of metrics: `dns://:53`. */
  readonly label: string
  /** `udp` or `tcp` family of names that logs and metrics use come from the query; this is the scheme, `dns`. */
  readonly scheme: string
  /** Serves a question as if it had come from outside: routing, then the whole chain of the block it belongs to. */
  readonly resolve: Handler
}
