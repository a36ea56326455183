/** Paths that plugins answer over HTTP, shared by all who name the same address. */
export interface HttpEndpoints {
  /**
   * Answers GET and HEAD of `path` on `address` (`host:port`, `:port` for all addresses) with what `handler` returns. The
   * last to claim an address and path answers there; listening goes on without a gap as long as somebody claims it, so a
   * reload never closes a port that the new configuration still uses. Rejects if the address cannot be listened on.
   */
  claim(address: string, path: string, handler: () => HttpAnswer | Promise<HttpAnswer>): Promise<HttpClaim>
}

/** What a path answers. */
export interface HttpAnswer {
  readonly status: number
  readonly body: string
  /** `text/plain; charset=utf-8` unless given. */
  readonly contentType?: string
}

/** A path that is being answered. */
export interface HttpClaim {
  /** The address listened on, `host:port`, the port filled in when 0 was asked for. */
  readonly address: string
  /** Gives the path back; the last release closes the port, waiting for requests under way. */
  release(): Promise<void>
}
