/** What a client may do on a stream of messages (TCP, TLS), and for how long. */
export interface StreamLimits {
  /** How long the first message may take to arrive, and any other from its first octet to its last. */
  readonly readTimeoutMs: number
  /** How long a connection may stay open with no query on it and no reply under way. */
  readonly idleTimeoutMs: number
  /** How long a client may take nothing of what is written to it. */
  readonly writeTimeoutMs: number
  /** Queries after which a connection is closed; -1 for any number. */
  readonly maxQueries: number
  /** Replies under way with which a connection is read no further, until one of them has left. */
  readonly maxUnderWay: number
  /**
   * Connections open at once. One more takes the place of an idle one among the oldest, or is refused when these are all
   * busy: idle clients can thus never shut others out.
   */
  readonly maxConnections: number
  /**
   * Octets that all connections together may make us keep: of messages not yet whole, of queries not yet read, and of answers not
   * taken. With more, those who have kept us waiting the longest are cut off.
   */
  readonly maxHeldOctets: number
}

/** The timeouts of CoreDNS (`timeouts` plugin), and bounds far above what well-behaved clients need. */
export const DEFAULT_STREAM_LIMITS: StreamLimits = {
  readTimeoutMs: 3000,
  idleTimeoutMs: 10_000,
  writeTimeoutMs: 5000,
  maxQueries: -1,
  maxUnderWay: 100,
  maxConnections: 10_000,
  maxHeldOctets: 8 << 20,
}

/** The same over TLS, where each connection takes 56 kB, four times that of TCP. */
export const DEFAULT_TLS_LIMITS: StreamLimits = { ...DEFAULT_STREAM_LIMITS, maxConnections: 1000 }

/** With more than this many octets waiting for a client to take them, it is read no further. */
export const MAX_WAITING_OCTETS: number = 64 << 10
