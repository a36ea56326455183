import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Access } from '#test/support/api-server/access.ts'
import type { Cut } from '#test/support/api-server/faults.ts'
import { Faults } from '#test/support/api-server/faults.ts'
import { listPage, pageText, readPredicate } from '#test/support/api-server/list.ts'
import type { ApiObject } from '#test/support/api-server/object.ts'
import { objectKey } from '#test/support/api-server/object.ts'
import type { RecordedRequest, ResourceRequest } from '#test/support/api-server/request.ts'
import { qualifiedName, readRequest } from '#test/support/api-server/request.ts'
import { sendJson, sendPageNotFound, sendPieces, sendStatus } from '#test/support/api-server/send.ts'
import type { Status } from '#test/support/api-server/status.ts'
import { failureStatus, forbidden, notFound, UNAUTHORIZED } from '#test/support/api-server/status.ts'
import { ObjectStore } from '#test/support/api-server/store.ts'
import { readWatch, WatchStream } from '#test/support/api-server/watch.ts'

/** Requests that are recorded, the newest ones. */
const MAX_RECORDED = 20_000

/** How a fake API server is started. */
export interface ApiServerOptions {
  /** 0 or nothing is a free one. */
  readonly port?: number
  /** PEM texts for HTTPS; plain HTTP without. `clientCa` lets clients show certificates in place of a token. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly clientCa?: string }
  /** Bearer tokens that are accepted; `null` asks for none. */
  readonly tokens?: readonly string[] | null
  /** Changes of each resource that the watch cache remembers. */
  readonly windowEvents?: number
  /** How often bookmarks are sent, in milliseconds; API servers do it about each minute. */
  readonly bookmarkMs?: number
}

/** An API server for tests: it lists and watches by the API's rules, and misbehaves on command. */
export class FakeApiServer {
  readonly store: ObjectStore
  readonly faults: Faults = new Faults()
  readonly access: Access
  readonly requests: RecordedRequest[] = []
  /** `verb resource` of every request about a resource since the start. */
  readonly used: Set<string> = new Set()
  readonly #isTls: boolean
  readonly #server: ReturnType<typeof createServer>
  readonly #watches = new Set<WatchStream>()
  readonly #hung = new Set<ServerResponse>()
  /** Custom resources (plural) that are not served. */
  readonly #absent = new Set<string>()
  readonly #bookmarkTimer: NodeJS.Timeout
  #port = 0
  #isHanging = false

  /** Use {@link startApiServer}. */
  constructor({ tls, tokens = null, windowEvents = 1000, bookmarkMs = 60_000 }: ApiServerOptions) {
    this.store = new ObjectStore(windowEvents)
    this.access = new Access(tokens)
    this.#isTls = tls !== undefined
    const handle = (request: IncomingMessage, response: ServerResponse) => void this.#handle(request, response)
    const clients =
      tls?.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }
    this.#server = tls === undefined ? createServer(handle) : createTlsServer({ ...tls, ...clients }, handle)
    this.#server.requestTimeout = 0
    this.#bookmarkTimer = setInterval(() => this.bookmark(), bookmarkMs)
    this.#bookmarkTimer.unref()
  }

  get port(): number {
    return this.#port
  }

  /** What a client is given as the API's address. */
  get url(): string {
    return `${this.#isTls ? 'https' : 'http'}://127.0.0.1:${this.#port}`
  }

  /** Watches under way, of one resource (plural) or all. */
  watchCount(resource?: string): number {
    return [...this.#watches].filter(watch => resource === undefined || watch.resource.name === resource).length
  }

  /** Octets of all watches that clients have not taken yet. */
  get backlogOctets(): number {
    return [...this.#watches].reduce((sum, watch) => sum + watch.backlogOctets, 0)
  }

  apply(object: ApiObject): ApiObject {
    return this.store.apply(object)
  }

  delete(kind: string, name: string, namespace?: string): boolean {
    return this.store.delete(kind, name, namespace)
  }

  /** Takes connections; for the first time, or again on the same port after `refuse`. */
  async accept(port: number = this.#port): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Breaks all connections and refuses new ones. */
  async refuse(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise(resolve => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  /** Answers nothing more on the connections there are, and on new ones until `recover`: half-open TCP. */
  hang(): void {
    this.#isHanging = true
    this.silenceWatches()
  }

  /** Answers new requests again; what hung is never answered, but broken off with `isBreaking`. */
  recover(isBreaking = false): void {
    this.#isHanging = false
    if (isBreaking) for (const response of this.#hung) response.destroy()
    this.#hung.clear()
  }

  resetWatches(): void {
    for (const watch of [...this.#watches]) watch.reset()
  }

  /** Ends all watches as at their timeout. */
  endWatches(): void {
    for (const watch of [...this.#watches]) watch.end()
  }

  /** Stops sending on the watches there are, and leaves them open. */
  silenceWatches(): void {
    for (const watch of this.#watches) watch.silence()
  }

  /** Cuts the next event of the watches there are. */
  cutNextEvents(cut: Cut): void {
    for (const watch of this.#watches) watch.cutNext(cut)
  }

  /** Shows caches as they are now and no longer, as a replica that lags behind. */
  lag(): void {
    this.faults.laggingVersion = this.store.resourceVersion
  }

  /** Ends the lag: watches get what they missed. */
  catchUp(): void {
    this.faults.laggingVersion = null
    for (const watch of [...this.#watches]) watch.catchUp()
  }

  /** Sends all watches a bookmark. */
  bookmark(): void {
    for (const watch of this.#watches) watch.bookmark()
  }

  /** Ends all watches with a 410 in the stream and forgets every change, so that going on where they were is impossible. */
  expireWatches(): void {
    this.store.compact()
    const status = failureStatus(410, 'Expired', 'The resourceVersion for the provided watch is too old.')
    for (const watch of [...this.#watches]) watch.fail(status)
  }

  /** Serves a custom resource (plural) no longer, though its objects stay: its watches end without a word. */
  withdraw(resource: string): void {
    this.#absent.add(resource)
    for (const watch of [...this.#watches]) if (watch.resource.name === resource) watch.end()
  }

  /** Removes the definition of a custom resource: its objects are deleted first, which its watches still tell. */
  uninstall(resource: string): void {
    for (const { kind, metadata } of this.store.current(resource).objects) {
      this.delete(kind, metadata.name, metadata.namespace)
    }
    this.withdraw(resource)
  }

  /** Serves a custom resource again, but nothing of what happened to it before. */
  install(resource: string): void {
    this.#absent.delete(resource)
    this.store.compact(resource)
  }

  async close(): Promise<void> {
    clearInterval(this.#bookmarkTimer)
    await this.refuse()
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => response.destroy())
    const url = new URL(request.url ?? '/', 'http://api')
    const wanted = request.method === 'GET' ? readRequest(url) : null
    const record = this.#record(request, url, wanted)
    response.on('close', () => (record.status = response.headersSent ? response.statusCode : 0))
    if (this.faults.delayMs > 0) await new Promise(resolve => setTimeout(resolve, this.faults.delayMs))
    if (this.#isHanging) this.#hung.add(response)
    if (this.#isHanging || response.destroyed) return
    const failure = this.faults.takeFailure(record.verb, wanted?.resource.name ?? '')
    if (failure !== null) return sendStatus(response, failure)
    const hasCertificate = this.#isTls && (request.socket as TLSSocket).authorized
    if (!hasCertificate && !this.access.isAuthentic(request.headers.authorization)) {
      return sendStatus(response, UNAUTHORIZED)
    }
    if (url.pathname === '/version') return sendJson(response, 200, { major: '1', minor: '34', gitVersion: 'v1.34.2' })
    if (wanted === null) return sendStatus(response, notFound(url.pathname))
    const { verb, resource } = wanted
    if (!this.access.allows(verb, resource)) return sendStatus(response, forbidden(verb, resource.name, resource.group))
    if (this.#absent.has(resource.name)) return sendPageNotFound(response)
    if (verb === 'list') await this.#list(request, response, wanted)
    else if (verb === 'watch') this.#watch(response, wanted)
    else this.#get(response, wanted)
  }

  async #list(request: IncomingMessage, response: ServerResponse, wanted: ResourceRequest): Promise<void> {
    const page = listPage(this.store, wanted, this.faults.laggingVersion)
    if ('code' in page) return sendStatus(response, page)
    const acceptsGzip = String(request.headers['accept-encoding'] ?? '').includes('gzip')
    await sendPieces(response, pageText(wanted, page), acceptsGzip, this.faults.takeListCut())
  }

  #watch(response: ServerResponse, wanted: ResourceRequest): void {
    const selected = readPredicate(wanted)
    const start = readWatch(this.store, wanted, this.faults)
    if ('code' in selected || 'code' in start) {
      sendStatus(response, 'code' in selected ? selected : (start as Status))
      return
    }
    const watch = new WatchStream(this.store, wanted.resource, selected, start, response, this.faults)
    if (this.faults.cutNextEvent !== null) watch.cutNext(this.faults.cutNextEvent)
    this.#watches.add(watch)
    watch.run(() => this.#watches.delete(watch))
  }

  #get(response: ServerResponse, { resource, namespace, name }: ResourceRequest): void {
    const key = objectKey(namespace === null ? { name: name! } : { namespace, name: name! })
    const object = this.store.get(resource.name, key)
    if (object === undefined) sendStatus(response, notFound(`${resource.name} "${name}"`))
    else sendJson(response, 200, object)
  }

  #record(request: IncomingMessage, url: URL, wanted: ResourceRequest | null): RecordedRequest {
    const record: RecordedRequest = {
      verb: wanted?.verb ?? (request.method ?? '').toLowerCase(),
      resource: wanted === null ? url.pathname : qualifiedName(wanted.resource),
      namespace: wanted?.namespace ?? null,
      path: request.url ?? '',
      userAgent: request.headers['user-agent'] ?? '',
      authorization: request.headers.authorization ?? null,
      status: 0,
    }
    this.used.add(`${record.verb} ${record.resource}`)
    this.requests.push(record)
    if (this.requests.length > MAX_RECORDED) this.requests.splice(0, MAX_RECORDED >> 1)
    return record
  }
}

/** Starts a fake API server on 127.0.0.1. Close it in `t.after`. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<FakeApiServer> {
  const server = new FakeApiServer(options)
  await server.accept(options.port ?? 0)
  return server
}
