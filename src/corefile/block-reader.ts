import type { Directive } from '#corefile/directive.ts'
import { DirectiveReader } from '#corefile/directive-reader.ts'
import { CorefileError } from '#corefile/error.ts'
import type { Importer } from '#corefile/import.ts'
import type { Key } from '#corefile/key.ts'
import { readKeys } from '#corefile/key.ts'
import { isDirectiveName } from '#corefile/known-plugins.ts'
import type { ParseOptions } from '#corefile/parse-options.ts'
import type { ServerBlock } from '#corefile/server-block.ts'
import type { TokenStream, Word } from '#corefile/stream.ts'
import { isClose, isOpen } from '#corefile/stream.ts'
import type { Token } from '#corefile/token.ts'

/** Keys of all blocks together: a CIDR stands for up to 128, and a file can hold many. */
const MAX_KEYS = 100_000

/** Reads snippets and server blocks from a stream of tokens. After an error it goes on where the next block begins. */
export class BlockReader {
  readonly #stream: TokenStream
  readonly #importer: Importer
  readonly #options: ParseOptions
  readonly #directives: DirectiveReader
  readonly #blocks: ServerBlock[] = []
  #keyCount = 0
  /** Closing braces that an error reported before has left over, and that need no report of their own. */
  #excusedBraces = 0

  constructor(stream: TokenStream, importer: Importer, options: ParseOptions) {
    this.#stream = stream
    this.#importer = importer
    this.#options = options
    this.#directives = new DirectiveReader(stream, importer, options)
  }

  readAll(): ServerBlock[] {
    while (this.#stream.peek() !== undefined) this.#options.problems.attempt(() => this.#readTop())
    return this.#blocks
  }

  #readTop(): void {
    const tokens = this.#readKeyTokens()
    if (tokens === null) return
    const first = tokens[0]
    if (tokens.length === 1 && /^\(.*\)$/s.test(first!.text)) {
      this.#readSnippet(first!)
      return
    }
    const next = this.#stream.peek()
    const braced = next !== undefined && isOpen(next)
    if (first !== undefined && this.#isStrayDirective(first, braced)) this.#skipStrayDirective(first, braced)
    const keys = this.#readKeys(tokens)
    if (!braced) {
      const directives = this.#readDirectives(first!, null)
      this.#keep(keys, directives)
      return
    }
    const open = this.#stream.takeRaw()!.token
    const directives = this.#readDirectives(first ?? open, open)
    if (tokens.length === 0) this.#reportMissingKey(open)
    else this.#keep(keys, directives)
  }

  /**
   * The words before a block; a comma after one lets them go on in the next line. `null` when there is nothing to read a
   * block for. Keys that are empty once variables are put in do not count.
   */
  #readKeyTokens(): Token[] | null {
    const keys: Token[] = []
    let comma: Token | null = null
    let written = false
    for (let word = this.#stream.peek(); word !== undefined; word = this.#stream.peek()) {
      if (isOpen(word)) {
        if (comma !== null) this.#report(word.token, "Expected another address but had '{' - check for extra comma")
        return keys
      }
      if (isClose(word)) {
        this.#takeSurplusBrace(word)
        if (!written) return null
        continue
      }
      if (written && word.startsLine && comma === null) return keys
      const token = this.#stream.take()!
      if (token.text === 'import' && word.startsLine) {
        this.#importer.run(token, this.#stream)
        continue
      }
      written = true
      if (token.text === '') continue
      comma = token.text.endsWith(',') ? token : null
      keys.push(comma === null ? token : { ...token, text: token.text.slice(0, -1) })
    }
    if (comma !== null && !this.#stream.stopped) {
      throw new CorefileError(comma, 'Unexpected EOF', 'the comma lets another key follow, but the file ends')
    }
    return written ? keys : null
  }

  #readKeys(tokens: readonly Token[]): Key[] {
    const keys: Key[] = []
    for (const token of tokens) {
      const read = this.#options.problems.attempt(() => readKeys(token, this.#options.defaultPort)) ?? []
      this.#keyCount += read.length
      if (this.#keyCount > MAX_KEYS) {
        this.#stream.stop()
        throw new CorefileError(token, `more than ${MAX_KEYS} zones`, 'write CIDRs that end at an octet')
      }
      keys.push(...read)
    }
    return keys
  }

  /** Reads up to the closing brace that belongs to `open`, or to the end of the file for a block without braces. */
  #readDirectives(owner: Token, open: Token | null): Directive[] | null {
    const directives: Directive[] = []
    for (let word = this.#stream.peek(); word !== undefined; word = this.#stream.peek()) {
      if (isClose(word)) {
        if (open === null) this.#takeSurplusBrace(word)
        else this.#stream.takeRaw()
        return directives
      }
      const directive = this.#options.problems.attempt(() => this.#directives.read(owner))
      if (directive === 'block') return directives
      if (directive !== undefined && directive !== null) directives.push(directive)
    }
    if (open === null) return directives
    if (!this.#stream.stopped && !this.#directives.unclosed) {
      const last = this.#stream.last ?? open
      const hint = `the '{' of line ${open.line} is never closed`
      this.#report(last, `Unexpected token '${last.text}', expecting '}'`, hint, 'syntax')
    }
    return null
  }

  #keep(keys: readonly Key[], directives: readonly Directive[] | null): void {
    if (directives !== null && keys.length > 0) this.#blocks.push({ keys, directives })
  }

  #readSnippet(name: Token): void {
    const open = this.#stream.takeRaw()
    if (open === undefined || !isOpen(open)) {
      const at = open?.token ?? name
      throw new CorefileError(
        at,
        `Unexpected token '${at.text}', expecting '{'`,
        'a snippet stands in braces',
        'syntax',
      )
    }
    const body: Word[] = []
    let depth = 1
    while (depth > 0) {
      const word = this.#stream.takeRaw()
      if (word === undefined) {
        const last = this.#stream.last!
        const hint = `the '{' of the snippet '${name.text}' is never closed`
        throw new CorefileError(last, `Unexpected token '${last.text}', expecting '}'`, hint, 'syntax')
      }
      if (isOpen(word)) depth++
      if (isClose(word)) depth--
      if (depth > 0) body.push(body.length === 0 ? { ...word, startsLine: true } : word)
    }
    this.#importer.define(name.text.slice(1, -1), name, body, this.#stream)
  }

  /** Whether what was read as keys is a directive that a closing brace too many has put outside of its block. */
  #isStrayDirective(first: Token, braced: boolean): boolean {
    if (!isDirectiveName(first.text, this.#options.directives)) return false
    return first.column > 1 || (!braced && this.#blocks.length > 0)
  }

  #skipStrayDirective(first: Token, braced: boolean): never {
    if (braced) this.#directives.skipBlock()
    this.#excusedBraces++
    const hint = "is there a '}' too many before it?"
    throw new CorefileError(first, `Directive '${first.text}' stands outside of a server block`, hint)
  }

  #takeSurplusBrace(word: Word): void {
    this.#stream.takeRaw()
    if (this.#excusedBraces > 0) this.#excusedBraces--
    else this.#report(word.token, "Unexpected '}' because no matching opening brace")
  }

  #reportMissingKey(open: Token): void {
    const hint = "write the zone that the block is for before it, such as '.' for all names"
    this.#report(open, `Unexpected token '{', expecting a zone`, hint, 'syntax')
  }

  #report(token: Token, message: string, hint = '', kind: 'parsing' | 'syntax' = 'parsing'): void {
    this.#options.problems.add(new CorefileError(token, message, hint, kind))
  }
}
