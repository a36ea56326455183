import { CorefileError } from '#corefile/error.ts'
import type { TokenStream, Word } from '#corefile/stream.ts'
import { isClose, isOpen } from '#corefile/stream.ts'
import type { Token } from '#corefile/token.ts'

/** Whether a key is the `(name)` of a snippet. */
export function isSnippetName(token: Token): boolean {
  return token.text.startsWith('(') && token.text.endsWith(')')
}

/** The words of a snippet, whose opening brace has been taken, up to its closing brace, which is taken too. */
export function readSnippetBody(name: Token, stream: TokenStream): Word[] {
  const body: Word[] = []
  for (let depth = 1; ; ) {
    const word = stream.takeRaw()
    if (word === undefined) {
      if (stream.stopped) return body
      failUnclosed(name, stream)
    }
    if (isOpen(word)) depth++
    if (isClose(word)) depth--
    if (depth === 0) return body
    body.push(body.length === 0 ? { ...word, startsLine: true } : word)
  }
}

function failUnclosed(name: Token, stream: TokenStream): never {
  const last = stream.last ?? name
  const hint = `the '{' of the snippet '${name.text}' on line ${name.line} is never closed`
  throw new CorefileError(last, `Unexpected token '${last.text}', expecting '}'`, hint, 'syntax')
}
