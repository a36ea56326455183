import type { Exchange } from '#plugins/loop/exchange.ts'
import { sendProbe } from '#plugins/loop/exchange.ts'
import type { FoldedName } from '#wire/name.ts'
import { formatName } from '#wire/name.ts'

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
  /**
   * The name asked for in the present attempt: each has its own, so that a late arrival of one is no copy of another.
   * `null` when nothing is looked for.
   */
  probe: FoldedName | null = null
  readonly #makeProbe: () => FoldedName
  readonly #watch: (probe: FoldedName | null) => void
  readonly #send: typeof sendProbe
  #listening = ''
  #isOpen = false
  #seen = 0
  #exchange: Exchange | null = null
  #timer: NodeJS.Timeout | null = null
  #windowTimer: NodeJS.Timeout | null = null

  /** `watch` is told which name to look out for from now on; `send` is replaced in tests. */
  constructor(
    makeProbe: () => FoldedName,
    watch: (probe: FoldedName | null) => void,
    send: typeof sendProbe = sendProbe,
  ) {
    this.#makeProbe = makeProbe
    this.#watch = watch
    this.#send = send
  }

  /** Probes the server at `to`; `listening` is its address as the configuration has it, for the message. */
  start(to: { readonly address: string; readonly port: number }, listening: string): void {
    this.#isOpen = true
    this.#listening = listening
    this.#windowTimer = setTimeout(() => this.stop(), WINDOW_MS)
    this.#windowTimer.unref()
    this.#attempt(to)
  }

  /** Ends the window. */
  stop(): void {
    this.#isOpen = false
    this.#lookFor(null)
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#windowTimer !== null) clearTimeout(this.#windowTimer)
    this.#exchange?.cancel()
  }

  /** Counts one arrival of a probe. True from the second on: it came back, and would again if it were passed on. */
  count(probe: FoldedName): boolean {
    return probe === this.probe && ++this.#seen > 1
  }

  /** What to say of a loop through which `from` (`host:port`) sent the probe. */
  report(from: string, probe: FoldedName, zone: FoldedName): string {
    const help = 'https://coredns.io/plugins/loop#troubleshooting'
    const loop = `Loop (${from} -> ${this.#listening}) detected for zone "${formatName(zone)}"`
    return `plugin/loop: ${loop}, see ${help}. Query: "HINFO ${formatName(probe)}"`
  }

  #attempt(to: { readonly address: string; readonly port: number }): void {
    const probe = this.#makeProbe()
    this.#seen = 0
    this.#lookFor(probe)
    this.#exchange = this.#send(probe, to)
    this.#exchange.answered.then(
      () => this.#later(LINGER_MS, () => this.stop()),
      () => this.#later(RETRY_MS, () => this.#attempt(to)),
    )
  }

  #lookFor(probe: FoldedName | null): void {
    this.probe = probe
    this.#watch(probe)
  }

  #later(delayMs: number, action: () => void): void {
    if (!this.#isOpen) return
    this.#timer = setTimeout(action, delayMs)
    this.#timer.unref()
  }
}
