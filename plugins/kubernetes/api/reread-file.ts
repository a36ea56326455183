import { readFile } from 'node:fs/promises'
import type { Clock } from '#lib/clock.ts'

/** How long content counts as current: the kubelet replaces a token when a fifth of its life is left. */
const REREAD_MS = 60_000

/** A file whose content others replace while we run, such as a token or a certificate. */
export class RereadFile {
  readonly path: string
  readonly #clock: Clock
  #content = ''
  #readAtMs = Number.NEGATIVE_INFINITY

  constructor(path: string, clock: Clock) {
    this.path = path
    this.#clock = clock
  }

  /** The content, at most a minute old. A file that cannot be read any more keeps its last content; throws if it has none. */
  async read(): Promise<string> {
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#readAtMs < REREAD_MS) return this.#content
    try {
      this.#content = await readFile(this.path, 'utf8')
      this.#readAtMs = nowMs
    } catch (error) {
      if (this.#content === '') throw error
    }
    return this.#content
  }

  /** Has the file read again by the next `read`. */
  expire(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY
  }
}
