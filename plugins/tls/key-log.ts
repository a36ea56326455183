import { once } from 'node:events'
import type { WriteStream } from 'node:fs'
import { createWriteStream } from 'node:fs'

/** A file that secrets of sessions are appended to, for those who look at recorded traffic (NSS key log format). */
export class KeyLog {
  readonly #path: string
  #file: WriteStream | null = null

  /** `path` is absolute. */
  constructor(path: string) {
    this.#path = path
  }

  /** Opens the file, which none but its owner may read. Rejects if it cannot be written to. */
  async open(): Promise<void> {
    const file = createWriteStream(this.#path, { flags: 'a', mode: 0o600 })
    try {
      await once(file, 'open')
    } catch (error) {
      throw new Error(`unable to write TLS Key Log to ${JSON.stringify(this.#path)}: ${(error as Error).message}`)
    }
    file.on('error', () => this.close()) // A full disk costs lines, nothing else.
    this.#file = file
  }

  write(line: Uint8Array): void {
    this.#file?.write(line)
  }

  close(): void {
    this.#file?.end()
    this.#file = null
  }
}
