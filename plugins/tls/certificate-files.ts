import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#plugin/log.ts'
import type { CertificatePaths, CertificateTexts } from '#plugins/tls/certificate-texts.ts'

/** How often the files are read again: the kubelet takes up to a minute to put a new Secret in their place. */
const REREAD_MS = 30_000

/** The files of a certificate, which others replace while we run. */
export class CertificateFiles {
  readonly #paths: CertificatePaths
  readonly #log: Logger
  readonly #clock: Clock
  readonly #onRead: (texts: CertificateTexts) => void
  #texts: CertificateTexts | null = null
  /** The last complaint: each is logged once, not every half minute. */
  #complaint = ''
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  #isReading = false

  /** `onRead` is given what is read first and, after that, what is new. */
  constructor(paths: CertificatePaths, log: Logger, clock: Clock, onRead: (texts: CertificateTexts) => void) {
    this.#paths = paths
    this.#log = log
    this.#clock = clock
    this.#onRead = onRead
  }

  /** Reads the files if they hold anything new. Rejects, and what was read last stays, if they cannot be used. */
  async read(): Promise<void> {
    // With it comes what TLS is made of, which a server without has no use for.
    const { readCertificateTexts } = await import('#plugins/tls/certificate-texts.ts')
    const texts = await readCertificateTexts(this.#paths)
    if (this.#isStopped) return
    const isNew = !isDeepStrictEqual(texts, this.#texts)
    const isFirst = this.#texts === null
    this.#texts = texts
    this.#complain(this.#whyNotValid(this.#clock.wallMs()))
    if (!isNew) return
    this.#onRead(texts)
    if (!isFirst) this.#log.info(`Certificate ${this.#paths.certificate} was replaced`)
  }

  /** Reads the files now and then. */
  start(rereadMs: number = REREAD_MS): void {
    this.#timer = setInterval(() => void this.#readAgain(), rereadMs).unref()
  }

  /** What is being read is of no interest any more. */
  stop(): void {
    this.#isStopped = true
    clearInterval(this.#timer)
  }

  /** A disk that does not answer is waited for once. */
  async #readAgain(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    await this.read().catch((error: Error) => this.#complain(error.message))
    this.#isReading = false
  }

  #complain(complaint: string): void {
    if (this.#isStopped) return
    if (complaint !== '' && complaint !== this.#complaint) this.#log.warning(complaint)
    this.#complaint = complaint
  }

  /** Why clients will not trust the certificate; empty when the time is not the reason. */
  #whyNotValid(nowMs: number): string {
    const { fromMs, untilMs } = this.#texts!
    const { certificate } = this.#paths
    if (nowMs >= untilMs) return `Certificate ${certificate} has expired on ${new Date(untilMs).toISOString()}`
    if (nowMs < fromMs) return `Certificate ${certificate} holds only from ${new Date(fromMs).toISOString()} on`
    return ''
  }
}
