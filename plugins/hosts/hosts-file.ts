import type { Stats } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { Logger } from '#plugin/log.ts'

/** Most lines of one file that are complained about each time it is read. */
const MAX_WARNINGS = 10

/** The text of a hosts file and when it was last changed. */
export interface HostsFileContent {
  readonly text: string
  /** Milliseconds since 1970. */
  readonly modifiedMs: number
}

/** A hosts file that is read again when its time of change or size differs. */
export class HostsFile {
  readonly #path: string
  readonly #log: Logger
  #modifiedMs = -1
  #sizeOctets = -1
  /** The last complaint about the file as a whole: each is logged once, not every few seconds. */
  #complaint = ''

  constructor(path: string, log: Logger) {
    this.#path = path
    this.#log = log
  }

  /** The content if it changed since the last call; `null` if it did not, or cannot be read, which is logged. */
  async readIfChanged(): Promise<HostsFileContent | null> {
    try {
      const status = await stat(this.#path)
      if (status.isDirectory()) return this.#complain(`Hosts file "${this.#path}" is a directory`)
      if (status.mtimeMs === this.#modifiedMs && status.size === this.#sizeOctets) return null
      const text = await textOf(this.#path, status)
      this.#modifiedMs = status.mtimeMs
      this.#sizeOctets = status.size
      this.#complaint = ''
      return { text, modifiedMs: status.mtimeMs }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      return this.#complain(
        code === 'ENOENT' ? `File does not exist: ${this.#path}` : `Cannot read hosts file "${this.#path}": ${message}`,
      )
    }
  }

  /** Receives the lines that were skipped in one reading, and logs the first of them. */
  skippedLines(): (line: number, problem: string) => void {
    let count = 0
    return (line, problem) => {
      count++
      if (count <= MAX_WARNINGS) this.#log.warning(`${this.#path}:${line}: skipped, ${problem}`)
      else if (count === MAX_WARNINGS + 1) this.#log.warning(`${this.#path}: more lines were skipped`)
    }
  }

  #complain(complaint: string): null {
    if (complaint !== this.#complaint) this.#log.warning(complaint)
    this.#complaint = complaint
    return null
  }
}

/** Only an ordinary file has text to read: a device such as /dev/null counts as empty. */
async function textOf(path: string, status: Stats): Promise<string> {
  return status.isFile() ? readFile(path, 'utf8') : ''
}
