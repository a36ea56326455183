import type { HttpAnswer, HttpClaim, HttpEndpoints } from '#lib/http.ts'
import { isWildcard, joinHostPort, splitHostPort } from '#net/address.ts'
import type { HttpHandler } from '#net/http-listener.ts'
import { HttpListener } from '#net/http-listener.ts'

/** HTTP for health checks and metrics: one port for all who claim paths on the same address. */
export class HttpEndpointServer implements HttpEndpoints {
  /** By address; a listener is here from the first claim on its address to the last release. */
  readonly #listeners = new Map<string, Promise<HttpListener>>()

  async claim(address: string, path: string, handler: () => HttpAnswer | Promise<HttpAnswer>): Promise<HttpClaim> {
    const parsed = splitHostPort(address)
    if (parsed === undefined) throw new Error(`listen tcp: address ${address}: not of the form host:port`)
    const host = isWildcard(parsed.host) ? '' : parsed.host
    const key = joinHostPort(host, parsed.port)
    const listener = await this.#listener(key, host, parsed.port)
    listener.add(path, handler)
    let isReleased = false
    return {
      address: joinHostPort(parsed.host, listener.port),
      release: async () => {
        if (isReleased) return
        isReleased = true
        await this.#release(key, listener, path, handler)
      },
    }
  }

  async #listener(key: string, host: string, port: number): Promise<HttpListener> {
    let opening = this.#listeners.get(key)
    if (opening === undefined) {
      opening = HttpListener.open(host, port)
      this.#listeners.set(key, opening)
      opening.catch(() => this.#listeners.delete(key)) // The next claim tries again.
    }
    const listener = await opening
    if (!listener.isClosing) return listener
    return this.#listener(key, host, port) // The last of the others let go while we waited.
  }

  async #release(key: string, listener: HttpListener, path: string, handler: HttpHandler): Promise<void> {
    listener.remove(path, handler)
    if (!listener.isUnclaimed) return
    this.#listeners.delete(key)
    await listener.close()
  }
}
