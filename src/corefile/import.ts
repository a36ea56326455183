import { dirname, isAbsolute, join, normalize, resolve } from 'node:path'
import { CorefileError } from '#corefile/error.ts'
import type { CorefileFiles } from '#corefile/files.ts'
import type { Sources } from '#corefile/sources.ts'
import type { TokenStream, Word } from '#corefile/stream.ts'
import { isOpen } from '#corefile/stream.ts'
import { closest } from '#corefile/suggest.ts'
import type { Token } from '#corefile/token.ts'
import { hasWildcard } from '#lib/glob.ts'

const MAX_SNIPPET_EXPANSIONS = 10_000
const MAX_FILE_EXPANSIONS = 100_000

/** Puts snippets and files in the place of `import` lines, and keeps what has been defined and read. */
export class Importer {
  readonly #sources: Sources
  readonly #files: CorefileFiles
  readonly #warn: (message: string) => void
  readonly #snippets = new Map<string, readonly Word[]>()
  #snippetExpansions = 0
  #fileExpansions = 0

  constructor(sources: Sources, files: CorefileFiles, warn: (message: string) => void) {
    this.#sources = sources
    this.#files = files
    this.#warn = warn
  }

  /** Keeps the body of `(name) { ... }`. Throws when the name is taken, or the body imports the snippet itself. */
  define(name: string, at: Token, body: readonly Word[], stream: TokenStream): void {
    if (this.#snippets.has(name)) {
      throw new CorefileError(at, `redeclaration of previously declared snippet ${name}`)
    }
    const selfImports = body.flatMap(({ token, startsLine }, i) => {
      const argument = token.text === 'import' && startsLine ? body[i + 1]?.token : undefined
      return argument !== undefined && stream.expand(argument).text === name ? [i, i + 1] : []
    })
    // Without the imports, so that they are not reported again wherever the snippet is used.
    const rest = body.filter((_, i) => !selfImports.includes(i))
    this.#snippets.set(name, rest)
    if (selfImports.length > 0) failSnippetDepth(body[selfImports[1]!]!.token, `the snippet '${name}' imports itself`)
  }

  /** Reads the line of an `import` that has just been taken and inserts what it names. Throws a CorefileError. */
  run(keyword: Token, stream: TokenStream): void {
    const words: Token[] = []
    // The rest of the line is taken whatever is wrong, so that one error is all that comes of it.
    for (let word = stream.peek(); word !== undefined && !word.startsLine; word = stream.peek()) {
      words.push(word.token)
      if (isOpen(word)) stream.skipBlock()
      else stream.takeRaw()
    }
    const [argument, extra] = words.map(word => stream.expand(word))
    if (argument === undefined) {
      throw new CorefileError(keyword, "Wrong argument count or unexpected line ending after 'import'")
    }
    if (argument.text === '') throw new CorefileError(argument, 'Import requires a non-empty filepath')
    if (extra !== undefined) throw new CorefileError(extra, 'Import takes only one argument (glob pattern or file)')
    const snippet = this.#snippets.get(argument.text)
    if (snippet === undefined) this.#importFiles(argument, stream)
    else this.#importSnippet(snippet, argument, stream)
  }

  #importSnippet(body: readonly Word[], argument: Token, stream: TokenStream): void {
    const source = `snippet ${argument.text}`
    if (stream.isInside(source)) failSnippetDepth(argument, 'snippets import each other in a circle')
    if (++this.#snippetExpansions > MAX_SNIPPET_EXPANSIONS) {
      stream.stop()
      failSnippetDepth(argument, 'snippets that import snippets multiply: import less')
    }
    stream.insert(body, source)
  }

  #importFiles(argument: Token, stream: TokenStream): void {
    const pattern = isAbsolute(argument.text) ? normalize(argument.text) : join(dirname(argument.file), argument.text)
    checkPattern(pattern, argument)
    const paths = this.#files.glob(pattern)
    if (paths.length === 0) {
      if (!hasWildcard(pattern)) this.#failNotFound(argument, pattern)
      this.#warn(`No files matching import glob pattern: ${argument.text}`)
    }
    // Last pushed is first read.
    const imports = paths.map(path => ({ path, words: this.#wordsOfFile(path, argument, stream) }))
    for (const { path, words } of imports.reverse()) stream.insert(words, sourceOf(path))
  }

  #wordsOfFile(path: string, argument: Token, stream: TokenStream): readonly Word[] {
    if (stream.isInside(sourceOf(path))) {
      throw new CorefileError(argument, `file import goes in a circle: ${path}`, 'the file is being imported already')
    }
    if (++this.#fileExpansions > MAX_FILE_EXPANSIONS) {
      stream.stop()
      throw new CorefileError(argument, `maximum file import depth (${MAX_FILE_EXPANSIONS}) exceeded`)
    }
    const known = this.#sources.known(path)
    if (known !== undefined) return known
    if (this.#files.isDirectory(path)) {
      const files = `${hasWildcard(argument.text) ? dirname(path) : path}/*.conf`
      throw new CorefileError(
        argument,
        `Could not import ${path}: is a directory`,
        `give a pattern for files: ${files}`,
      )
    }
    return this.#sources.add(path, this.#readFile(path, argument))
  }

  #readFile(path: string, argument: Token): string {
    try {
      return this.#files.read(path)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new CorefileError(argument, `Could not import ${path}: ${reason}`)
    }
  }

  #failNotFound(argument: Token, pattern: string): never {
    const near = closest(argument.text, [...this.#snippets.keys()])
    const hint =
      near === undefined ? `no snippet has this name, and there is no file ${pattern}` : `did you mean '${near}'?`
    throw new CorefileError(argument, `File to import not found: ${argument.text}`, hint)
  }
}

/** The name under which a file stands on the stack of a stream. */
export function sourceOf(path: string): string {
  return `file ${resolve(path)}`
}

function checkPattern(pattern: string, argument: Token): void {
  if (argument.text.includes('\0')) throw new CorefileError(argument, 'a path can not hold a NUL character')
  const stars = pattern.split('*').length - 1
  const marks = pattern.split('?').length - 1
  if (stars > 1 || marks > 1 || /\[.*\]|\].*\[/s.test(pattern)) {
    throw new CorefileError(argument, `Glob pattern may only contain one wildcard (*), but has others: ${pattern}`)
  }
}

function failSnippetDepth(at: Token, hint: string): never {
  throw new CorefileError(at, `maximum snippet import depth (${MAX_SNIPPET_EXPANSIONS}) exceeded`, hint)
}
