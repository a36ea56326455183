import type { Agent } from 'node:http'
import { formatDuration } from '#lib/duration.ts'
import { http } from '#lib/node-http.ts'
import type { Logger } from '#plugin/log.ts'
import type { HealthMetrics } from '#plugins/health/metrics.ts'

/** CoreDNS asks each second. One request, with its answer, takes 1.5 to 3 ms here of the thread that answers queries. */
const INTERVAL_MS = 5000
const TIMEOUT_MS = 3000
/** A request that stays within the machine and takes longer than this tells of an overloaded process. */
const SLOW_MS = 1000

/**
 * Asks the server's own health endpoint now and then, which shows in the metrics how long the process takes to turn to
 * something new.
 */
export class SelfProbe {
  readonly #url: string
  readonly #shownUrl: string
  readonly #metrics: HealthMetrics
  readonly #log: Logger
  readonly #agent: Agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  readonly #timer: NodeJS.Timeout
  #underWay = false
  #stopped = false

  /** `listening` is where the endpoint can be reached, `configured` how the Corefile names it. */
  constructor(listening: string, configured: string, metrics: HealthMetrics, log: Logger) {
    this.#url = `http://${reachable(listening)}/health`
    this.#shownUrl = `http://${configured.startsWith(':') ? 'localhost' : ''}${configured}/health`
    this.#metrics = metrics
    this.#log = log
    this.#timer = setInterval(() => this.#probe(), INTERVAL_MS)
    this.#timer.unref()
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
    this.#agent.destroy()
  }

  #probe(): void {
    if (this.#underWay) return
    this.#underWay = true
    const startedMs = performance.now()
    const request = http.get(this.#url, { agent: this.#agent }, response => {
      response.resume()
      response.on('close', () => this.#finish(startedMs, null))
    })
    const timeout = setTimeout(() => request.destroy(new Error(`timeout after ${TIMEOUT_MS / 1000}s`)), TIMEOUT_MS)
    timeout.unref()
    request.on('error', error => this.#finish(startedMs, error))
    request.on('close', () => clearTimeout(timeout))
  }

  /** May be called twice for one request: for an error after its response has begun. */
  #finish(startedMs: number, error: Error | null): void {
    if (this.#stopped || !this.#underWay) return
    this.#underWay = false
    const elapsedMs = performance.now() - startedMs
    this.#metrics.duration.observe(elapsedMs / 1000)
    if (error !== null) {
      this.#metrics.failures.inc()
      this.#log.warning(`Local health request to "${this.#shownUrl}" failed: ${error.message}`)
    } else if (elapsedMs > SLOW_MS) {
      this.#log.warning(`Local health request to "${this.#shownUrl}" took more than 1s: ${formatDuration(elapsedMs)}`)
    }
  }
}

/** The same address as one can connect to; all addresses become loopback, so that no name has to be looked up. */
function reachable(address: string): string {
  const port = address.slice(address.lastIndexOf(':') + 1)
  const host = address.slice(0, -port.length - 1)
  return host === '' || host === '0.0.0.0' || host === '[::]' ? `127.0.0.1:${port}` : address
}
