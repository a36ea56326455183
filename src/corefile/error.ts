import type { Token } from '#corefile/token.ts'

/**
 * How the first line of an error reads: `parsing` is `FILE:LINE - Error during parsing: MESSAGE`, `syntax` has `Syntax error`
 * in its place, `key` is about the key of a server block (`error inspecting server blocks: MESSAGE`), `plain` is the message.
 */
export type ErrorKind = 'parsing' | 'syntax' | 'key' | 'plain'

/** What is wrong at one place of a Corefile. Thrown while a file is read, then collected, so that one run reports all. */
export class CorefileError extends Error {
  override readonly name: string = 'CorefileError'
  /** Where it is; `null` when no single place is to blame. */
  readonly token: Token | null
  /** What to do about it, such as `did you mean 'max_fails'?`; empty when there is nothing to add. */
  readonly hint: string
  readonly kind: ErrorKind
  /** The plugin whose directive it is; empty for errors of the file's own syntax. */
  plugin = ''

  constructor(token: Token | null, message: string, hint = '', kind: ErrorKind = 'parsing') {
    super(message)
    this.token = token
    this.hint = hint
    this.kind = kind
  }
}

/** More errors than anybody reads are counted only. */
const MAX_SHOWN = 100

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

  /**
   * The errors by place: files in the order of `files`, lines and columns within them, errors without a place last. Of
   * several at one place only the first is given: a snippet that is imported twice is wrong once. After 100 errors the rest
   * is one that says how many there are.
   */
  inOrder(files: readonly string[]): CorefileError[] {
    const rank = new Map(files.map((file, index) => [file, index]))
    const rankOf = ({ token }: CorefileError) => (token === null ? Infinity : (rank.get(token.file) ?? files.length))
    const firsts = new Map<string, CorefileError>()
    for (const error of this.errors) {
      const { token, message } = error
      const place = token === null ? message : JSON.stringify([token.file, token.line, token.column])
      if (!firsts.has(place)) firsts.set(place, error)
    }
    const sorted = [...firsts.values()].sort((left, right) => {
      const [leftRank, rightRank] = [rankOf(left), rankOf(right)]
      if (leftRank !== rightRank) return leftRank < rightRank ? -1 : 1
      if (left.token === null || right.token === null) return 0
      return left.token.line - right.token.line || left.token.column - right.token.column
    })
    const more = sorted.length - MAX_SHOWN
    return more > 1
      ? [...sorted.slice(0, MAX_SHOWN), new CorefileError(null, `${more} more errors`, '', 'plain')]
      : sorted
  }
}
