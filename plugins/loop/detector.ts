import type { Peer } from '#lib/peer.ts'
import type { Exchange } from '#plugins/loop/exchange.ts'
import { sendProbe } from '#plugins/loop/exchange.ts'
import { joinAddress } from '#plugins/loop/probe.ts'
import type { FoldedName } from '#wire/name.ts'
import { formatName, ROOT } from '#wire/name.ts'

/** How long the server is probed after it began to serve, at most. */
const WINDOW_MS = 30_000
/** Time between a probe that failed and the next. */
const RETRY_MS = 1000
/** How long copies of an answered probe are still waited for. */
const LINGER_MS = 2000

/**
 * Sends the server a query that nobody else would send, and notices when it arrives twice. Once the window is over the
 * query means nothing any more, so a copy of it cannot end the process.
 */
export class Detector {
  /** Whether arrivals of the probe count at present. */
  watching = false
  /** The name asked for in the present attempt: each has its own, so that a late arrival of one is no copy of another. */
  probe: FoldedName = ROOT
  readonly #makeProbe: () => FoldedName
  readonly #send: typeof sendProbe
  #listening = ''
  #seen = 0
  #exchange: Exchange | null = null
  #timer: NodeJS.Timeout | null = null
  #windowTimer: NodeJS.Timeout | null = null

  /** `send` is replaced in tests. */
  constructor(makeProbe: () => FoldedName, send: typeof sendProbe = sendProbe) {
    this.#makeProbe = makeProbe
    this.#send = send
  }

  /** Probes the server at `to`; `listening` is its address as the configuration has it, for the message. */
  start(to: { readonly address: string; readonly port: number }, listening: string): void {
    this.watching = true
    this.#listening = listening
    this.#windowTimer = setTimeout(() => this.stop(), WINDOW_MS)
    this.#windowTimer.unref()
    this.#attempt(to)
  }

  /** Ends the window. */
  stop(): void {
    this.watching = false
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#windowTimer !== null) clearTimeout(this.#windowTimer)
    this.#exchange?.cancel()
  }

  /** Counts one arrival of the probe. True from the second on: it came back, and would again if it were passed on. */
  count(): boolean {
    return ++this.#seen > 1
  }

  /** What to say of a loop through which `peer` sent the probe. */
  report(peer: Peer, zone: FoldedName): string {
    const path = `${joinAddress(peer.address, peer.port)} -> ${this.#listening}`
    const probe = `HINFO ${formatName(this.probe)}`
    const help = 'https://coredns.io/plugins/loop#troubleshooting'
    return `plugin/loop: Loop (${path}) detected for zone "${formatName(zone)}", see ${help}. Query: "${probe}"`
  }

  #attempt(to: { readonly address: string; readonly port: number }): void {
    this.probe = this.#makeProbe()
    this.#seen = 0
    this.#exchange = this.#send(this.probe, to)
    this.#exchange.answered.then(
      () => this.#later(LINGER_MS, () => this.stop()),
      () => this.#later(RETRY_MS, () => this.#attempt(to)),
    )
  }

  #later(delayMs: number, action: () => void): void {
    if (!this.watching) return
    this.#timer = setTimeout(action, delayMs)
    this.#timer.unref()
  }
}
