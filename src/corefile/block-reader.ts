import type { Directive } from '#corefile/directive.ts'
import { DirectiveReader } from '#corefile/directive-reader.ts'
import { CorefileError } from '#corefile/error.ts'
import type { Importer } from '#corefile/import.ts'
import type { Key } from '#corefile/key.ts'
import { readKeys } from '#corefile/key.ts'
import type { KeyWords } from '#corefile/key-words.ts'
import { readKeyWords } from '#corefile/key-words.ts'
import { isDirectiveName } from '#corefile/known-plugins.ts'
import type { ParseOptions } from '#corefile/parse-options.ts'
import type { ServerBlock } from '#corefile/server-block.ts'
import { isSnippetName, readSnippetBody } from '#corefile/snippet.ts'
import type { Sources } from '#corefile/sources.ts'
import type { TokenStream, Word } from '#corefile/stream.ts'
import { isClose } from '#corefile/stream.ts'
import type { Token } from '#corefile/token.ts'
import { UnknownRun } from '#corefile/unknown-run.ts'

/** Keys of all blocks together: a CIDR stands for up to 128, and a file can hold many. */
const MAX_KEYS = 100_000

/** Reads snippets and server blocks from a stream of tokens. After an error it goes on where the next part begins. */
export class BlockReader {
  readonly #stream: TokenStream
  readonly #importer: Importer
  readonly #sources: Sources
  readonly #options: ParseOptions
  readonly #directives: DirectiveReader
  readonly #blocks: ServerBlock[] = []
  #keyCount = 0
  /** Closing braces that an error reported before has left over, and that need no report of their own. */
  #excusedBraces = 0
  /** Closing braces in snippets whose opening brace is missing; an error even when nobody imports the snippet. */
  readonly #lostBraces: Token[] = []
  /** Whether the last thing read was a directive outside of a block: those that follow it need no report of their own. */
  #amongStrays = false

  constructor(stream: TokenStream, importer: Importer, sources: Sources, options: ParseOptions) {
    this.#stream = stream
    this.#importer = importer
    this.#sources = sources
    this.#options = options
    this.#directives = new DirectiveReader(stream, importer, sources, options)
  }

  /** Reads to the end of the stream. */
  readAll(): ServerBlock[] {
    const { problems } = this.#options
    while (this.#stream.peek() !== undefined) problems.attempt(() => this.#readTop())
    if (problems.errors.length === 0) for (const brace of this.#lostBraces) this.#reportSurplusBrace(brace)
    return this.#blocks
  }

  #readTop(): void {
    const { problems } = this.#options
    const words = readKeyWords(this.#stream, this.#importer, problems, brace => this.#reportSurplusBrace(brace))
    if (words === null) return
    const { tokens, next } = words
    if (tokens.length === 1 && isSnippetName(tokens[0]!)) this.#readSnippet(tokens[0]!, next)
    else if (this.#isStrayDirective(words)) this.#passOverStrayDirective(words)
    else this.#readServerBlock(words)
  }

  #readServerBlock({ tokens, first, next }: KeyWords): void {
    this.#amongStrays = false
    const keys = this.#readKeys(tokens)
    const open = next === 'brace' ? this.#stream.takeRaw()!.token : next === 'glued brace' ? first : null
    const owner = first ?? open!
    const directives = next === 'empty block' ? [] : this.#readDirectives(owner, open)
    if (first === null) {
      const hint = "write the zone that the block is for before it, such as '.' for all names"
      this.#report(owner, "Unexpected token '{', expecting a zone", hint, 'syntax')
    } else if (tokens.length === 0) {
      this.#options.warn(`${owner.file}:${owner.line}: this server block has no key and is left out`)
    } else if (directives !== null && keys.length > 0) {
      this.#blocks.push({ keys, directives })
    }
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

  /**
   * Reads up to the closing brace that belongs to `open`, or to the end of the file for a block without braces. `null` when
   * the closing brace is missing: what stands in the block cannot be told then.
   */
  #readDirectives(owner: Token, open: Token | null): Directive[] | null {
    const directives: Directive[] = []
    const unknown = new UnknownRun(this.#options.problems)
    for (let word = this.#stream.peek(); word !== undefined; word = this.#stream.peek()) {
      if (isClose(word)) {
        this.#stream.takeRaw()
        if (open !== null && this.#closesLostBlock(word, owner)) {
          if (!unknown.explain(directives.at(-1)?.name)) this.#reportSurplusBrace(word.token)
          continue
        }
        if (open === null) this.#reportSurplusBrace(word.token, `the block of '${owner.text}' has no '{'`)
        return directives
      }
      const directive = unknown.watch(() => this.#directives.read(owner, open !== null))
      if (directive === 'block') return directives
      if (directive !== undefined && directive !== null) directives.push(directive)
    }
    if (open === null) return directives
    if (!this.#stream.stopped && !this.#directives.unclosed) {
      const last = this.#stream.last ?? open
      const hint = `the '{' on line ${open.line} is never closed`
      this.#report(last, `Unexpected token '${last.text}', expecting '}'`, hint, 'syntax')
    }
    return null
  }

  /** Whether a brace closes a block that was never opened: it stands further to the right than the server block, in a file with too many. */
  #closesLostBlock({ token, startsLine }: Word, owner: Token): boolean {
    return (
      startsLine && token.file === owner.file && token.column > owner.column && this.#sources.lacksOpening(token.file)
    )
  }

  #readSnippet(name: Token, next: KeyWords['next']): void {
    let body: readonly Word[] = []
    if (next === 'directives') {
      const at = this.#stream.peek()?.token ?? name
      const hint = `the snippet '${name.text}' needs braces`
      this.#report(at, `Unexpected token '${at.text}', expecting '{'`, hint, 'syntax')
      this.#amongStrays = true
      if (this.#sources.lacksOpening(name.file)) this.#excusedBraces++
    } else if (next !== 'empty block') {
      if (next === 'brace') this.#stream.takeRaw()
      body = readSnippetBody(name, this.#stream, this.#sources, this.#lostBraces)
    }
    this.#importer.define(name.text.slice(1, -1), name, body, this.#stream)
  }

  /** Whether what was read as keys is a directive, which perhaps a closing brace too many has put outside of its block. */
  #isStrayDirective({ tokens, next }: KeyWords): boolean {
    const first = tokens[0]
    if (first === undefined || !isDirectiveName(first.text, this.#options.directives)) return false
    return first.column > 1 || next === 'directives' || this.#amongStrays || this.#sources.someLackOpening()
  }

  #passOverStrayDirective({ tokens, next }: KeyWords): void {
    if (next === 'brace') this.#stream.skipBlock()
    if (this.#amongStrays) return
    this.#amongStrays = true
    const first = tokens[0]!
    if (this.#sources.someLackOpening()) this.#excusedBraces++
    const hint =
      this.#blocks.length > 0 ? "is there a '}' too many before it?" : "write a zone before it, such as '. {'"
    this.#report(first, `Directive '${first.text}' stands outside of a server block`, hint)
  }

  #reportSurplusBrace(brace: Token, hint = ''): void {
    this.#amongStrays = false
    if (this.#excusedBraces > 0) this.#excusedBraces--
    else this.#report(brace, "Unexpected '}' because no matching opening brace", hint)
  }

  #report(token: Token, message: string, hint = '', kind: 'parsing' | 'syntax' = 'parsing'): void {
    this.#options.problems.add(new CorefileError(token, message, hint, kind))
  }
}
