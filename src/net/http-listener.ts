import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpAnswer } from '#lib/http.ts'
import { http } from '#lib/node-http.ts'
import { joinHostPort } from '#net/address.ts'
import { bindError, errorCode } from '#net/bind-error.ts'

/** Answers one path. */
export type HttpHandler = () => HttpAnswer | Promise<HttpAnswer>

/** For the request's head, the pause between requests, and the end of requests under way when the port is closed. */
const TIMEOUT_MS = 5000
const MAX_HEADER_OCTETS = 8192
/** One more takes the place of the oldest, so that nobody who holds connections open can keep health checks out. */
const MAX_CONNECTIONS = 256

const TEXT = 'text/plain; charset=utf-8'
const NOT_FOUND: HttpAnswer = { status: 404, body: '404 page not found\n' }
const NOT_ALLOWED: HttpAnswer = { status: 405, body: 'Method Not Allowed\n' }
const TOO_LARGE: HttpAnswer = { status: 413, body: 'Content Too Large\n' }
const FAILED: HttpAnswer = { status: 500, body: 'Internal Server Error\n' }

/** One HTTP port and the paths that are answered there; of several handlers of a path the last added answers. */
export class HttpListener {
  readonly port: number
  isClosing = false
  readonly #server: Server
  readonly #handlers = new Map<string, HttpHandler[]>()
  /** In the order of their opening. */
  readonly #connections = new Set<Socket>()

  /** Listens on an IP address or host name, `''` for all addresses; rejects with Go's text. */
  static async open(host: string, port: number): Promise<HttpListener> {
    const server = http.createServer({
      maxHeaderSize: MAX_HEADER_OCTETS,
      headersTimeout: TIMEOUT_MS,
      requestTimeout: TIMEOUT_MS,
      keepAliveTimeout: TIMEOUT_MS,
      connectionsCheckingInterval: 1000,
      noDelay: true,
    })
    server.timeout = TIMEOUT_MS * 2 // A client that takes nothing of its answer.
    try {
      await listen(server, host, port)
    } catch (error) {
      throw bindError('tcp', joinHostPort(host, port), error)
    }
    return new HttpListener(server)
  }

  constructor(server: Server) {
    const bound = server.address()
    this.port = bound !== null && typeof bound === 'object' ? bound.port : 0
    this.#server = server
    server.on('request', (request, response) => {
      this.#respond(request, response).catch(() => response.destroy()) // A content type that is no header value.
    })
    server.on('connection', socket => this.#admit(socket))
    server.on('error', ignoreError) // A connection that could not be accepted is the client's loss alone.
  }

  get isUnclaimed(): boolean {
    return this.#handlers.size === 0
  }

  add(path: string, handler: HttpHandler): void {
    const handlers = this.#handlers.get(path)
    if (handlers === undefined) this.#handlers.set(path, [handler])
    else handlers.push(handler)
  }

  remove(path: string, handler: HttpHandler): void {
    const handlers = this.#handlers.get(path) ?? []
    const at = handlers.lastIndexOf(handler)
    if (at !== -1) handlers.splice(at, 1)
    if (handlers.length === 0) this.#handlers.delete(path)
  }

  /** Closes the port, and waits for the requests under way. */
  async close(): Promise<void> {
    this.isClosing = true
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeIdleConnections()
    const timer = setTimeout(() => this.#server.closeAllConnections(), TIMEOUT_MS)
    await closed
    clearTimeout(timer)
  }

  #admit(socket: Socket): void {
    this.#connections.add(socket)
    socket.on('close', () => this.#connections.delete(socket))
    if (this.#connections.size <= MAX_CONNECTIONS) return
    const [oldest] = this.#connections
    this.#connections.delete(oldest!)
    oldest!.destroy()
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', ignoreError)
    response.on('error', ignoreError)
    request.resume()
    const answer = await this.#answer(request)
    if (response.destroyed) return
    const isBodyRefused = answer === TOO_LARGE
    response.writeHead(answer.status, {
      'Content-Type': answer.contentType ?? TEXT,
      'Content-Length': Buffer.byteLength(answer.body),
      ...(answer === NOT_ALLOWED ? { Allow: 'GET, HEAD' } : {}),
      ...(isBodyRefused || this.isClosing ? { Connection: 'close' } : {}),
    })
    response.end(answer.body)
  }

  async #answer(request: IncomingMessage): Promise<HttpAnswer> {
    const { method, url = '/', headers } = request
    if (method !== 'GET' && method !== 'HEAD') return NOT_ALLOWED
    if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) return TOO_LARGE
    const queryStart = url.indexOf('?')
    const handler = this.#handlers.get(queryStart === -1 ? url : url.slice(0, queryStart))?.at(-1)
    if (handler === undefined) return NOT_FOUND
    try {
      return await handler()
    } catch {
      return FAILED
    }
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  if (host !== '') return tryListen(server, host, port)
  try {
    await tryListen(server, '::', port)
  } catch (error) {
    const code = errorCode(error)
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error
    await tryListen(server, '0.0.0.0', port) // A machine without IPv6.
  }
}

async function tryListen(server: Server, host: string, port: number): Promise<void> {
  const listening = once(server, 'listening') // Rejects on 'error'.
  server.listen({ host, port })
  await listening
}

function ignoreError(): void {}
