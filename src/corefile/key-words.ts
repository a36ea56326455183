import type { Problems } from '#corefile/error.ts'
import { CorefileError } from '#corefile/error.ts'
import type { Importer } from '#corefile/import.ts'
import type { TokenStream, Word } from '#corefile/stream.ts'
import { isClose, isOpen } from '#corefile/stream.ts'
import type { Token } from '#corefile/token.ts'

/** The words before a block. */
export interface KeyWords {
  /** Without commas, and without words that are empty once variables have been put in. */
  readonly tokens: readonly Token[]
  /** The first word as it is written; `null` when the block starts with its brace. */
  readonly first: Token | null
  /** What follows: an opening brace, which is still in the stream; a brace written into the last key, which is taken; no brace. */
  readonly next: 'brace' | 'glued brace' | 'empty block' | 'directives'
}

/**
 * Reads the words before a block, running the imports among them. A comma after one lets them go on in the next line. `null`
 * when there are none. `onSurplus` takes closing braces that belong to nothing.
 */
export function readKeyWords(
  stream: TokenStream,
  importer: Importer,
  problems: Problems,
  onSurplus: (brace: Token) => void,
): KeyWords | null {
  const tokens: Token[] = []
  let first: Token | null = null
  let comma: Token | null = null
  for (let word = stream.peek(); word !== undefined; word = stream.peek()) {
    if (isOpen(word)) {
      if (comma !== null) problems.add(extraComma(word.token))
      return { tokens, first, next: 'brace' }
    }
    if (first !== null && word.startsLine && comma === null) return { tokens, first, next: 'directives' }
    if (isClose(word)) {
      onSurplus(stream.takeRaw()!.token)
      if (first === null) return null
      continue
    }
    const token = stream.take()!
    if (token.text === 'import' && word.startsLine) {
      problems.attempt(() => importer.run(token, stream))
      continue
    }
    first ??= token
    if (token.text === '') continue
    const glued = gluedBrace(word)
    if (glued !== null) {
      problems.add(new CorefileError(token, `zone is not a valid domain name: ${token.text}`, glued.hint, 'key'))
      const text = token.text.slice(0, -glued.length)
      if (text !== '') tokens.push({ ...token, text })
      return { tokens, first, next: glued.length === 2 ? 'empty block' : 'glued brace' }
    }
    comma = token.text.endsWith(',') ? token : null
    tokens.push(comma === null ? token : { ...token, text: token.text.slice(0, -1) })
  }
  if (comma !== null && !stream.stopped) {
    problems.add(new CorefileError(comma, 'Unexpected EOF', 'the comma lets another key follow, but the file ends'))
  }
  return first === null ? null : { tokens, first, next: 'directives' }
}

function extraComma(brace: Token): CorefileError {
  return new CorefileError(brace, "Expected another address but had '{' - check for extra comma")
}

/** The `{` or `{}` that a word ends with although it should stand apart. */
function gluedBrace({ token }: Word): { length: 1 | 2; hint: string } | null {
  if (token.quoted) return null
  if (token.text.endsWith('{}')) {
    return { length: 2, hint: "write '{' at the end of the line and '}' on a line of its own" }
  }
  return token.text.endsWith('{') ? { length: 1, hint: "put a blank before the '{'" } : null
}
