import type { UpstreamObserver } from '#net/upstream/observer.ts'
import type { UpstreamQuestion } from '#net/upstream/question.ts'
import { Class, Flag, Type } from '#wire/constants.ts'
import type { Message } from '#wire/message.ts'
import type { Name } from '#wire/name.ts'
import { foldName } from '#wire/name.ts'

/** How an upstream is probed. */
export interface HealthCheck {
  /** Wait after a probe that failed, in milliseconds. */
  readonly intervalMs: number
  readonly recursionDesired: boolean
  /** The name whose NS records are asked for. */
  readonly domain: Name
  readonly tcp: boolean
}

/** How long a probe waits for its answer, in milliseconds (CoreDNS). */
const PROBE_TIMEOUT_MS = 1000
/** Shortest wait between probes, in milliseconds, whatever the configuration says: a dead upstream must not busy us. */
const MIN_INTERVAL_MS = 10

/** Probes one upstream from an exchange that failed until it answers again. Any reply that is one counts as healthy. */
export class HealthProbe {
  readonly #check: HealthCheck
  readonly #question: UpstreamQuestion
  readonly #observer: UpstreamObserver
  readonly #ask: (question: UpstreamQuestion, tcp: boolean, timeoutMs: number) => Promise<Message>
  #timer: NodeJS.Timeout | null = null
  #running = false
  #stopped = false
  #fails = 0

  constructor(
    check: HealthCheck,
    observer: UpstreamObserver,
    ask: (question: UpstreamQuestion, tcp: boolean, timeoutMs: number) => Promise<Message>,
  ) {
    this.#check = check
    this.#observer = observer
    this.#ask = ask
    this.#question = {
      name: check.domain,
      folded: foldName(check.domain),
      type: Type.NS,
      class: Class.IN,
      flags: check.recursionDesired ? Flag.RD : 0,
      edns: false,
      dnssecOk: false,
    }
  }

  /** Probes in a row that failed. */
  get fails(): number {
    return this.#fails
  }

  /** Begins the loop unless it runs. */
  start(): void {
    if (this.#running || this.#stopped) return
    this.#running = true
    this.#probe()
  }

  /** Ends the loop for good. */
  stop(): void {
    this.#stopped = true
    this.#running = false
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #probe(): void {
    this.#timer = null
    this.#ask(this.#question, this.#check.tcp, PROBE_TIMEOUT_MS).then(
      () => this.#healthy(),
      () => this.#failed(),
    )
  }

  #healthy(): void {
    this.#fails = 0
    this.#running = false
  }

  #failed(): void {
    if (this.#stopped) return
    this.#fails++
    this.#observer.probeFailed()
    this.#timer = setTimeout(() => this.#probe(), Math.max(MIN_INTERVAL_MS, this.#check.intervalMs)).unref()
  }
}
