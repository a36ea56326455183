import type { Problems } from '#corefile/error.ts'
import { CorefileError } from '#corefile/error.ts'
import type { Token } from '#corefile/token.ts'

/** Unknown directives in a row: when a lone closing brace follows, they were the options of a block without its opening brace. */
export class UnknownRun {
  readonly #problems: Problems
  readonly #errors: CorefileError[] = []

  constructor(problems: Problems) {
    this.#problems = problems
  }

  /** Reads a directive, keeping its error; a directive that can be read ends the row. */
  watch<T>(read: () => T): T | undefined {
    const before = this.#problems.errors.length
    const result = this.#problems.attempt(read)
    if (result === undefined) this.#errors.push(...this.#problems.errors.slice(before))
    else this.#errors.length = 0
    return result
  }

  /** Puts one error that gives the cause in the place of the row; `false` when there is no row. */
  explain(before: Token | undefined): boolean {
    const [first] = this.#errors
    if (first === undefined) return false
    const hint =
      before === undefined
        ? "is the line with the '{' missing before it?"
        : `is a '{' missing after '${before.text}' on line ${before.line}?`
    const kept = this.#problems.errors.filter(error => !this.#errors.includes(error))
    this.#problems.errors.length = 0
    this.#problems.errors.push(...kept, new CorefileError(first.token, first.message, hint, first.kind))
    this.#errors.length = 0
    return true
  }
}
