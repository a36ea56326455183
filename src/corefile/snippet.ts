import { CorefileError } from '#corefile/error.ts'
import type { Sources } from '#corefile/sources.ts'
import { isGluedBrace } from '#corefile/sources.ts'
import type { TokenStream, Word } from '#corefile/stream.ts'
import { isClose, isOpen } from '#corefile/stream.ts'
import type { Token } from '#corefile/token.ts'

/** Whether a key is the `(name)` of a snippet. */
export function isSnippetName(token: Token): boolean {
  return token.text.startsWith('(') && token.text.endsWith(')')
}

/**
 * The words of a snippet, whose opening brace has been taken, up to its closing brace, which is taken too. In a file with too
 * many closing braces, one further to the right than the snippet belongs to a block that lacks its opening brace: it is kept,
 * to be reported where the snippet is imported, and added to `lost`.
 */
export function readSnippetBody(name: Token, stream: TokenStream, sources: Sources, lost: Token[]): Word[] {
  const body: Word[] = []
  for (let depth = 1; ; ) {
    const word = stream.takeRaw()
    if (word === undefined) {
      if (stream.stopped) return body
      failUnclosed(name, stream)
    }
    const lineEnds = stream.peek()?.startsLine !== false
    if (isOpen(word) || (lineEnds && isGluedBrace(word.token) && sources.lacksOpening(name.file))) depth++
    if (isClose(word)) {
      const { file, column } = word.token
      const isLost = depth === 1 && file === name.file && column > name.column && sources.lacksOpening(file)
      if (isLost) lost.push(word.token)
      else depth--
    }
    if (depth === 0) return body
    body.push(body.length === 0 ? { ...word, startsLine: true } : word)
  }
}

function failUnclosed(name: Token, stream: TokenStream): never {
  const last = stream.last ?? name
  const hint = `the '{' of the snippet '${name.text}' on line ${name.line} is never closed`
  throw new CorefileError(last, `Unexpected token '${last.text}', expecting '}'`, hint, 'syntax')
}
