import { Directive, Line } from '#corefile/directive.ts'
import { CorefileError } from '#corefile/error.ts'
import type { Importer } from '#corefile/import.ts'
import { hintForUnknownDirective, isDirectiveName } from '#corefile/known-plugins.ts'
import type { ParseOptions } from '#corefile/parse-options.ts'
import type { Sources } from '#corefile/sources.ts'
import { isGluedBrace } from '#corefile/sources.ts'
import type { TokenStream, Word } from '#corefile/stream.ts'
import { isClose, isOpen } from '#corefile/stream.ts'
import type { Token } from '#corefile/token.ts'

const MAX_NESTING = 100

/** What belongs to one line: its words, and the lines of its block. */
interface RawLine {
  readonly name: Token
  readonly words: readonly Token[]
  readonly lines: readonly Line[] | null
}

/** Reads the directives of a server block from a stream of tokens. */
export class DirectiveReader {
  readonly #stream: TokenStream
  readonly #importer: Importer
  readonly #sources: Sources
  readonly #options: ParseOptions
  #unclosed = false

  constructor(stream: TokenStream, importer: Importer, sources: Sources, options: ParseOptions) {
    this.#stream = stream
    this.#importer = importer
    this.#sources = sources
    this.#options = options
  }

  /** Whether a directive's block was still open at the end of the file, which has been reported. */
  get unclosed(): boolean {
    return this.#unclosed
  }

  /**
   * Reads the directive that comes next, or runs the import. `null` when there is nothing to keep; `block` when the line
   * was reported as the start of another server block, whose key comes next in the stream. Throws a CorefileError. `owner`
   * is the server block's first key, `braced` whether the block stands in braces.
   */
  read(owner: Token, braced: boolean): Directive | null | 'block' {
    const next = this.#stream.peek()!
    if (this.#startsServerBlock(next, owner)) {
      const hint = braced
        ? `is the block of '${owner.text}' on line ${owner.line} not closed?`
        : `for another key of the same block, end the line before with a comma; else put the block of '${owner.text}' in braces`
      this.#options.problems.add(unknown(next.token, hint))
      return 'block'
    }
    if (isOpen(next)) {
      this.#stream.skipBlock()
      throw new CorefileError(
        next.token,
        "Unexpected '{' at the start of a line",
        'put it at the end of the line before',
      )
    }
    const name = this.#stream.take()!
    if (name.text === 'import') {
      this.#importer.run(name, this.#stream)
      return null
    }
    const known = this.#options.directives.includes(name.text)
    const { words, lines } = this.#readLine(name, 0)
    if (this.#unclosed) return null
    if (known) return new Directive(name, words, lines, this.#options.problems)
    throw unknown(name, this.#hintForUnknown(name, lines !== null))
  }

  #hintForUnknown(name: Token, hasBlock: boolean): string {
    if (isGluedBrace(name)) return blankHint
    if (hasBlock && /[.:]/.test(name.text)) return 'a server block can not stand inside of another'
    if (name.text === '') return 'is an environment variable not set?'
    return hintForUnknownDirective(name.text, this.#options.directives)
  }

  /** Whether what comes next is a key and a brace at the start of a line: the block before it lacks its closing brace. */
  #startsServerBlock(next: Word, owner: Token): boolean {
    const { text, column, file } = next.token
    return column === 1 && file === owner.file && /[.:(]/.test(text) && this.#stream.lineOpensBlock()
  }

  /** Reads what follows `name` on its line, and its block. */
  #readLine(name: Token, depth: number): RawLine {
    const words: Token[] = []
    for (let word = this.#stream.peek(); word !== undefined && !word.startsLine; word = this.#stream.peek()) {
      if (isOpen(word)) {
        const lines = this.#readLines(this.#stream.takeRaw()!.token, name, depth + 1)
        this.#failAfterBlock(depth)
        return { name, words, lines }
      }
      if (isClose(word)) {
        if (depth > 0) break
        this.#options.problems.add(surplusBrace(word.token))
        break
      }
      words.push(this.#stream.take()!)
    }
    return depth === 0 && this.#endsInGluedBrace(words.at(-1) ?? name)
      ? this.#readGluedBlock(name, words)
      : { name, words, lines: null }
  }

  #readLines(open: Token, owner: Token, depth: number): Line[] {
    if (depth > MAX_NESTING) {
      this.#stream.stop()
      throw new CorefileError(open, `braces are nested more than ${MAX_NESTING} deep`)
    }
    const lines: Line[] = []
    for (let word = this.#stream.peek(); word !== undefined; word = this.#stream.peek()) {
      if (isClose(word)) {
        this.#stream.takeRaw()
        return lines
      }
      if (this.#isBeyond(word, owner)) {
        const message = `Unexpected token '${word.token.text}', expecting '}'`
        this.#options.problems.add(new CorefileError(word.token, message, neverClosed(open, owner), 'syntax'))
        return lines
      }
      const line = this.#options.problems.attempt(() => this.#readOption(depth))
      if (line !== undefined && line !== null) lines.push(line)
    }
    this.#reportUnclosed(open, owner)
    return lines
  }

  /**
   * Whether a line can no longer belong to the block of `owner`, in a file that lacks a closing brace: it is a directive, no
   * further to the right than the owner, or it starts a server block.
   */
  #isBeyond(word: Word, owner: Token): boolean {
    const { text, file, column } = word.token
    if (!word.startsLine || file !== owner.file || column > owner.column || !this.#sources.lacksClosing(file))
      return false
    return isDirectiveName(text, this.#options.directives) || this.#startsServerBlock(word, owner)
  }

  #readOption(depth: number): Line | null {
    const next = this.#stream.peek()!
    if (isOpen(next)) {
      this.#stream.skipBlock()
      throw new CorefileError(
        next.token,
        "Unexpected '{' at the start of a line",
        'put it at the end of the line before',
      )
    }
    const name = this.#stream.take()!
    if (name.text === 'import' && next.startsLine) {
      this.#importer.run(name, this.#stream)
      return null
    }
    const { words, lines } = this.#readLine(name, depth)
    return new Line(name, words, lines)
  }

  /** Whether a word at the end of a line ends in a brace that was meant to open a block, as the next line shows. */
  #endsInGluedBrace(last: Token): boolean {
    const next = this.#stream.peek()
    if (!isGluedBrace(last) || next === undefined || !next.startsLine || isClose(next)) return false
    return next.token.text !== 'import' && !this.#options.directives.includes(next.token.text)
  }

  #readGluedBlock(name: Token, words: readonly Token[]): RawLine {
    const last = words.at(-1)
    if (last !== undefined) this.#options.problems.add(wrongCount(last, blankHint))
    return { name, words, lines: this.#readLines(last ?? name, name, 1) }
  }

  /** After the closing brace of a directive's block the line must end. */
  #failAfterBlock(depth: number): void {
    const word = this.#stream.peek()
    if (word === undefined || word.startsLine) return
    if (isClose(word)) {
      if (depth === 0) this.#options.problems.add(surplusBrace(word.token))
      return
    }
    const extra = word.token
    for (
      let next: Word | undefined = word;
      next !== undefined && !next.startsLine && !isClose(next);
      next = this.#stream.peek()
    ) {
      if (isOpen(next)) this.#stream.skipBlock()
      else this.#stream.takeRaw()
    }
    const hint = "nothing may follow the '}' of a block on its line"
    this.#options.problems.add(wrongCount(extra, hint))
  }

  #reportUnclosed(open: Token, owner: Token): void {
    if (this.#unclosed || this.#stream.stopped) return
    this.#unclosed = true
    const last = this.#stream.last ?? open
    this.#options.problems.add(new CorefileError(last, 'Unexpected EOF', neverClosed(open, owner)))
  }
}

function unknown(name: Token, hint: string): CorefileError {
  return new CorefileError(name, `Unknown directive '${name.text}'`, hint)
}

const blankHint = "put a blank before the '{'"

function neverClosed(open: Token, owner: Token): string {
  return `the '{' after '${owner.text}' on line ${open.line} is never closed`
}

function wrongCount(token: Token, hint: string): CorefileError {
  return new CorefileError(token, `Wrong argument count or unexpected line ending after '${token.text}'`, hint)
}

function surplusBrace(brace: Token): CorefileError {
  const hint = "the '}' of a server block stands on a line of its own"
  return new CorefileError(brace, "Unexpected '}' because no matching opening brace", hint)
}
