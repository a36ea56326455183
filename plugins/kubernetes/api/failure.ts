/** What went wrong between this server and the API server. */
export class ApiFailure extends Error {
  override readonly name: string = 'ApiFailure'
  /** The HTTP status, also of an error that came within a watch; 0 when there was none. */
  readonly status: number
  /** How long the API server asks to be left alone, in milliseconds; 0 when it does not say. */
  readonly retryAfterMs: number

  constructor(message: string, status = 0, retryAfterMs = 0) {
    super(message)
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

/** The resource version that was asked for is too old (410 Gone): only a new list helps. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiFailure && error.status === 410
}

/** Nothing was heard for too long: a connection whose other end is gone says nothing of that by itself. */
export class SilenceFailure extends ApiFailure {
  constructor(ms: number) {
    super(`nothing was heard for ${Math.round(ms / 1000)} s`)
  }
}
