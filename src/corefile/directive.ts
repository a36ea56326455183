import { Argument } from '#corefile/argument.ts'
import type { Problems } from '#corefile/error.ts'
import { CorefileError } from '#corefile/error.ts'
import { closest } from '#corefile/suggest.ts'
import type { Token } from '#corefile/token.ts'

/** One line of a Corefile as a plugin reads it: a name, then arguments taken from left to right. */
export class Line {
  readonly name: Token
  /** The lines between the braces that the line ends with; `null` without braces. */
  readonly lines: readonly Line[] | null
  readonly #arguments: readonly Token[]
  #at = 0
  #linesTaken = false

  constructor(name: Token, args: readonly Token[], lines: readonly Line[] | null = null) {
    this.name = name
    this.lines = lines
    this.#arguments = args
  }

  /** All arguments, whether they have been taken or not. */
  get words(): readonly Token[] {
    return this.#arguments
  }

  /** The next argument, or `undefined` at the end of the line. */
  optional(): Argument | undefined {
    const token = this.#arguments[this.#at]
    if (token === undefined) return undefined
    this.#at++
    return new Argument(token)
  }

  /** The next argument; an error when there is none. */
  required(): Argument {
    return this.optional() ?? this.failCount()
  }

  /** All arguments that are left. */
  rest(): Argument[] {
    const rest = this.#arguments.slice(this.#at).map(token => new Argument(token))
    this.#at = this.#arguments.length
    return rest
  }

  /** All arguments that are left; an error when there is none. */
  some(): Argument[] {
    const rest = this.rest()
    return rest.length > 0 ? rest : this.failCount()
  }

  /** The one argument that this line has; an error when there is none or another. */
  one(): Argument {
    const argument = this.required()
    this.end()
    return argument
  }

  /** A word that stands alone: an error when anything follows. */
  flag(): true {
    this.end()
    return true
  }

  /** The lines between the line's own braces, none without braces. A line with braces that nobody takes is an error. */
  takeLines(): readonly Line[] {
    this.#linesTaken = true
    return this.lines ?? []
  }

  /** An error when arguments are left, or a block that was not taken. */
  end(): void {
    if (this.#at < this.#arguments.length) this.failCount(this.#arguments[this.#at])
    if (this.lines !== null && !this.#linesTaken) {
      this.fail(`'${this.name.text}' takes no block`, this.name, "leave out the '{' after it and all up to its '}'")
    }
  }

  /** Ends the reading of this line with CoreDNS's message for too few or too many arguments. */
  failCount(at: Token = this.#arguments.at(-1) ?? this.name): never {
    const hint = at.text === '{}' ? "write '{' at the end of the line and '}' on a line of its own" : ''
    throw new CorefileError(at, `Wrong argument count or unexpected line ending after '${at.text}'`, hint)
  }

  /** Ends the reading of this line with an error at `at`, by default at the line's name. */
  fail(message: string, at: Token = this.name, hint = ''): never {
    throw new CorefileError(at, message, hint)
  }
}

/** Readers of the options in a block, by option name. */
export type Readers = Record<string, (line: Line) => unknown>
/** What the readers returned; absent for an option that was not written. The last of several wins. */
export type ReadOptions<R extends Readers> = { -readonly [K in keyof R]?: ReturnType<R[K]> }

/** A directive of a server block: its line, and the lines between its braces if it has them. */
export class Directive extends Line {
  readonly #problems: Problems

  constructor(name: Token, args: readonly Token[], lines: readonly Line[] | null, problems: Problems) {
    super(name, args, lines)
    this.#problems = problems
    // A directive ends its own line before its block is read, so the block counts as taken from the start.
    this.takeLines()
  }

  /**
   * Ends the directive's own line and reads its block, if it has one. An option without a reader goes to `otherwise`, or
   * is an error with the option that was probably meant. Each option must use up its arguments. Errors of single options
   * are collected, so that all of them are reported.
   */
  block<R extends Readers>(readers: R, otherwise?: (line: Line) => void): ReadOptions<R> {
    this.end()
    const read: Record<string, unknown> = {}
    for (const line of this.lines ?? []) {
      this.#problems.attempt(() => {
        const known = Object.hasOwn(readers, line.name.text)
        if (known) read[line.name.text] = readers[line.name.text]!(line)
        else if (otherwise !== undefined) otherwise(line)
        else this.#failUnknown(line, Object.keys(readers))
        line.end()
      })
    }
    return read as ReadOptions<R>
  }

  /** For a directive without a block: an error at the first option if there is one. */
  noBlock(): void {
    this.block({})
  }

  #failUnknown(line: Line, known: string[]): never {
    line.fail(`unknown property '${line.name.text}'`, line.name, suggestion(line.name.text, known))
  }
}

function suggestion(text: string, known: string[]): string {
  const near = closest(text, known)
  return near === undefined ? '' : `did you mean '${near}'?`
}
