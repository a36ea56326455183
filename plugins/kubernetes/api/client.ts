import type { ClientRequest, IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '#lib/clock.ts'
import { http } from '#lib/node-http.ts'
import { printable } from '#lib/printable.ts'
import { VERSION } from '#lib/version.ts'
import type { ApiAccess } from '#plugins/kubernetes/api/access.ts'
import { ApiFailure } from '#plugins/kubernetes/api/failure.ts'
import { TCP_PROBE_MS } from '#plugins/kubernetes/api/keep-alive-agent.ts'
import { TokenBucket } from '#plugins/kubernetes/api/token-bucket.ts'
import { Turnstile } from '#plugins/kubernetes/api/turnstile.ts'

/** How much the API server is asked at most (options apiserver_qps, apiserver_burst and apiserver_max_inflight); 0 is the default. */
export interface ApiLimits {
  readonly perSecond: number
  readonly burst: number
  readonly inFlight: number
}

/** What a request asks for. */
export interface ApiRequest {
  /** `/api/v1/services`. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Whether the answer goes on without end; such a request counts as in flight until its answer begins. */
  readonly isWatch: boolean
}

/** Is told of each request to the API server. */
export interface RequestObserver {
  /** How long it had to wait before it was sent, in milliseconds. */
  waited(host: string, ms: number): void
  /** An answer's status, or `<error>` when there was none, and the time until its head was there, in milliseconds. */
  answered(host: string, code: string, ms: number): void
}

/** What client-go takes when nothing is set. */
const DEFAULT_PER_SECOND = 5
const DEFAULT_BURST = 10
/** How long to wait for the head of an answer: the API server itself gives up after a minute. */
const HEAD_TIMEOUT_MS = 65_000
/** How much of the body of an error is read. */
const MAX_ERROR_OCTETS = 16_384
const MAX_RETRY_AFTER_SECONDS = 300

/** Sends requests to the API server, no more than the limits allow. */
export class ApiClient {
  readonly #access: ApiAccess
  readonly #observer: RequestObserver
  readonly #clock: Clock
  readonly #bucket: TokenBucket
  readonly #turnstile: Turnstile
  readonly #signal: AbortSignal

  /** `signal` ends all that is under way. */
  constructor(access: ApiAccess, limits: ApiLimits, observer: RequestObserver, clock: Clock, signal: AbortSignal) {
    this.#access = access
    this.#observer = observer
    this.#clock = clock
    this.#bucket = new TokenBucket(limits.perSecond || DEFAULT_PER_SECOND, limits.burst || DEFAULT_BURST)
    this.#turnstile = new Turnstile(limits.inFlight)
    this.#signal = signal
  }

  /** The answer to a request, its body still to be read. Throws an ApiFailure for any status but 200. */
  async get(request: ApiRequest): Promise<IncomingMessage> {
    let response = await this.#attempt(request)
    if (response.statusCode === 401) {
      // The token may have been replaced a moment ago.
      response.destroy()
      this.#access.renew()
      response = await this.#attempt(request)
    }
    if (response.statusCode !== 200) throw await failureOf(response)
    return response
  }

  async #attempt(request: ApiRequest): Promise<IncomingMessage> {
    const { host } = this.#access.server
    const startMs = this.#clock.nowMs()
    await sleep(this.#bucket.take(startMs), undefined, { signal: this.#signal, ref: false })
    const leave = await this.#turnstile.enter()
    this.#observer.waited(host, this.#clock.nowMs() - startMs)
    const sentMs = this.#clock.nowMs()
    try {
      const response = await this.#sendTwice(request)
      this.#observer.answered(host, String(response.statusCode), this.#clock.nowMs() - sentMs)
      if (request.isWatch) leave()
      else response.once('close', leave)
      return response
    } catch (error) {
      leave()
      this.#observer.answered(host, '<error>', this.#clock.nowMs() - sentMs)
      throw error
    }
  }

  /** A kept connection may have been closed by the other end just when we used it again: that is no failure yet. */
  async #sendTwice(request: ApiRequest): Promise<IncomingMessage> {
    try {
      return await this.#send(request)
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error
      return await this.#send(request)
    }
  }

  async #send({ path, query }: ApiRequest): Promise<IncomingMessage> {
    const { server } = this.#access
    const { agent, headers } = await this.#access.admission()
    this.#signal.throwIfAborted()
    const url = new URL(server)
    url.pathname = `${server.pathname.replace(/\/$/, '')}${path}`
    url.search = new URLSearchParams(query).toString()
    return new Promise((resolve, reject) => {
      const request = http.request(url, {
        agent,
        signal: this.#signal,
        headers: { ...headers, accept: 'application/json', 'user-agent': `nodens/${VERSION}` },
      })
      const timer = setTimeout(() => {
        request.destroy(new ApiFailure(`no answer within ${HEAD_TIMEOUT_MS / 1000} s`))
      }, HEAD_TIMEOUT_MS).unref()
      request.setSocketKeepAlive(true, TCP_PROBE_MS)
      request.once('response', response => {
        clearTimeout(timer)
        resolve(response)
      })
      // Stays after the answer: what goes wrong later reaches whoever reads the body.
      request.on('error', error => {
        clearTimeout(timer)
        reject(isStale(request, error) ? new StaleConnection() : error)
      })
      request.end()
    })
  }
}

class StaleConnection extends ApiFailure {
  constructor() {
    super('the connection was closed')
  }
}

function isStale(request: ClientRequest, error: NodeJS.ErrnoException): boolean {
  return request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}

async function failureOf(response: IncomingMessage): Promise<ApiFailure> {
  const status = response.statusCode ?? 0
  const seconds = Number(response.headers['retry-after'] ?? 0)
  const retryAfterMs = seconds > 0 ? Math.min(seconds, MAX_RETRY_AFTER_SECONDS) * 1000 : 0
  const reason = statusMessage(await readText(response))
  return new ApiFailure(`${status} ${reason || (response.statusMessage ?? '')}`.trim(), status, retryAfterMs)
}

async function readText(response: IncomingMessage): Promise<string> {
  const timer = setTimeout(() => response.destroy(), 1000).unref()
  let text = ''
  try {
    for await (const chunk of response) {
      text += String(chunk)
      if (text.length > MAX_ERROR_OCTETS) break
    }
  } catch {
    // What has come of it is enough: the status says what is wrong.
  } finally {
    clearTimeout(timer)
  }
  return text
}

/** The message of a Status object, else nothing: a proxy's page of HTML is no use in a log. */
function statusMessage(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown }
    return typeof message === 'string' ? printable(message, 300) : ''
  } catch {
    return ''
  }
}
