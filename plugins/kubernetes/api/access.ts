import type { Agent } from 'node:http'

/** What a request needs to be let in. */
export interface Admission {
  /** Keeps connections and has the certificates. */
  readonly agent: Agent
  /** `Authorization`, or nothing. Never to be logged. */
  readonly headers: Readonly<Record<string, string>>
}

/** Where the API server is, and who we are to it. */
export interface ApiAccess {
  readonly server: URL
  /** What the next request is to be sent with. Throws an Error that says what cannot be read. */
  admission(): Promise<Admission>
  /** Says that the last admission was refused (401): the next one is read anew. */
  renew(): void
  /** Closes all connections. */
  close(): void
}
