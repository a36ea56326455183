import type { Token } from '#corefile/token.ts'

/** What is wrong at one place of a Corefile. Thrown while a file is read, then collected, so that one run reports all. */
export class CorefileError extends Error {
  override readonly name: string = 'CorefileError'
  /** Where it is; `null` when no single place is to blame. */
  readonly token: Token | null
  /** What to do about it, such as `did you mean 'max_fails'?`; empty when there is nothing to add. */
  readonly hint: string
  /** The plugin whose directive it is; empty for errors of the file's own syntax. */
  plugin = ''

  constructor(token: Token | null, message: string, hint = '') {
    super(message)
    this.token = token
    this.hint = hint
  }
}

/** Collects the errors of one run. */
export class Problems {
  readonly errors: CorefileError[] = []

  add(error: CorefileError): void {
    this.errors.push(error)
  }

  /** Runs `work`; a CorefileError that it throws is kept and `undefined` returned. Other errors are bugs and pass. */
  attempt<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof CorefileError)) throw error
      this.add(error)
      return undefined
    }
  }
}
