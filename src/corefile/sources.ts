import { lex } from '#corefile/lexer.ts'
import type { Word } from '#corefile/stream.ts'
import { isClose, isOpen, wordsOf } from '#corefile/stream.ts'
import type { Token } from '#corefile/token.ts'

/** The files that a Corefile consists of, and what their look as a whole says about the cause of an error. */
export class Sources {
  /** Text by the name of the file in tokens, in the order in which files were first read. */
  readonly texts: Map<string, string> = new Map()
  readonly #words = new Map<string, readonly Word[]>()
  readonly #excessOpen = new Map<string, number>()

  /** The words of a file that has been read before; `undefined` if it has not. */
  known(file: string): readonly Word[] | undefined {
    return this.#words.get(file)
  }

  /** Keeps a file, and returns its words. */
  add(file: string, text: string): readonly Word[] {
    const words = wordsOf(lex(text, file))
    this.texts.set(file, text)
    this.#words.set(file, words)
    this.#excessOpen.set(file, excessOpen(words))
    return words
  }

  /** Whether a file opens more braces than it closes. */
  lacksClosing(file: string): boolean {
    return (this.#excessOpen.get(file) ?? 0) > 0
  }

  /** Whether a file closes more braces than it opens. */
  lacksOpening(file: string): boolean {
    return (this.#excessOpen.get(file) ?? 0) < 0
  }

  /** Whether any file closes more braces than it opens. */
  someLackOpening(): boolean {
    return [...this.#excessOpen.values()].some(excess => excess < 0)
  }

  /** Whether a token is the last of its file and lacks the quote that ends it. */
  isUnclosedQuote(token: Token): boolean {
    const last = this.#words.get(token.file)?.at(-1)?.token
    if (!token.quoted || last === undefined || last.line !== token.line || last.column !== token.column) return false
    const lines = this.texts
      .get(token.file)!
      .replace(/^\ufeff/, '')
      .split('\n')
      .slice(token.line - 1)
    const from = token.column - 1
    return !/^"(?:[^"\\]|\\.)*"$/s.test(lines.join('\n').slice(from, from + token.width))
  }
}

function excessOpen(words: readonly Word[]): number {
  let excess = 0
  for (const word of words) excess += isOpen(word) ? 1 : isClose(word) ? -1 : 0
  return excess
}

/** Whether a word ends in an opening brace that should stand apart. */
export function isGluedBrace({ text, quoted }: Token): boolean {
  return !quoted && text.length > 1 && text.endsWith('{')
}
